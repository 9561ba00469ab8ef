"""Features as of a date: the registry's expressions over the rollups before it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interactions.features.closing import VALUE_COLUMNS, Keep, as_it_is, closing_day
from interactions.features.feature import Feature
from interactions.features.item_features import ITEM_FEATURES
from interactions.features.keeping import kept_closing
from interactions.features.levels import CATEGORY, Levels, categories_met, compared, values_met
from interactions.features.registry import TASTE_SHARE_PREFIX, feature_names
from interactions.features.relations import Past, items_met, open_rollups, past
from interactions.features.settings import FeatureSettings
from interactions.features.user_features import USER_FEATURES
from warehouse.engine import opened
from warehouse.store import Snapshot, Store
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa

_USER_KEYS, _ITEM_KEYS = ("user", "user_id"), ("item", "item_id")
_ATTRIBUTES = ("country", "gender", "age_band", "occupation", "income_band")


def compute_features(
    engine: Any, store: Store, as_of: date, settings: FeatureSettings | None = None, closings: Path | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """User and item features from everything before ``as_of`` and nothing after it.

    Args:
        engine: an Ibis backend.
        store: the lake with the daily rollups.
        as_of: the day that is not looked at, nor any after it.
        settings: half-lives, shown categories.
        closings: a folder that keeps the totals of closed months between calls: a new day then costs only itself.

    Returns:
        Two frames sorted by ``user_id`` and by ``item_id``: the registry's columns, for users also
        ``share_category_…``. A user has a row when known by an event or a signup before ``as_of``.
    """
    with _expressions(engine, store, as_of, settings, closings) as (users, items):
        return engine.to_pandas(users), engine.to_pandas(items)


def export_features(
    engine: Any,
    store: Store,
    as_of: date,
    files: tuple[Path, Path],
    settings: FeatureSettings | None = None,
    closings: Path | None = None,
) -> None:
    """Like :func:`compute_features`, straight into two Parquet files: memory stays within the engine's own bound."""
    with _expressions(engine, store, as_of, settings, closings) as expressions:
        for expression, file in zip(expressions, files, strict=True):
            engine.to_parquet(expression, file)


@contextmanager
def _expressions(
    engine: Any, store: Store, as_of: date, settings: FeatureSettings | None, closings: Path | None
) -> Iterator[tuple[ir.Table, ir.Table]]:
    chosen, day = settings or FeatureSettings(), closing_day(as_of)
    with tempfile.TemporaryDirectory() as folder:
        passing = Path(folder)
        closing = kept_closing(engine, store, day, chosen, closings or passing)

        def keep(name: str, rows: ir.Table) -> ir.Table:
            file = passing / f"{name}.parquet"
            engine.to_parquet(rows, file, compression="uncompressed")  # read once or twice, then gone
            return opened(engine, file, rows)

        before = past(open_rollups(engine, store, Window(day, as_of)), closing, as_of, chosen, keep)
        shown = _top_categories(engine, before, chosen)
        users, items = user_expression(before, chosen, shown, keep), item_expression(before, chosen)
        yield users.order_by("user_id"), items.order_by("item_id")


def write_features(
    engine: Any, store: Store, as_of: date, settings: FeatureSettings | None = None
) -> tuple[Snapshot, Snapshot]:
    """Compute the features as of a date and replace that date's partitions of both feature tables."""
    users, items = compute_features(engine, store, as_of, settings)
    window = Window.day(as_of)
    return (
        store.replace("user_features", _typed(users, as_of), window),
        store.replace("item_features", _typed(items, as_of), window),
    )


def user_expression(
    past: Past, settings: FeatureSettings, shown_categories: Sequence[str] = (), keep: Keep = as_it_is
) -> ir.Table:
    """The user features as one Ibis expression, for any engine; parts of it go through ``keep``."""
    categories = categories_met(past, keep)
    tastes = compared(categories.rows)
    sources = {"days": past.user_days, "items": items_met(past), "categories": tastes}
    shares = _shares(tastes, shown_categories)
    further = {"days": {"_first_day": past.user_days.first_day.min()}, "categories": shares}
    wide = _joined(_described(past, categories, keep), _USER_KEYS, sources, USER_FEATURES, settings, further, keep)
    return _profiled(_known(wide, past.as_of), USER_FEATURES, settings, [*shares])


def item_expression(past: Past, settings: FeatureSettings) -> ir.Table:
    """The item features as one Ibis expression, for any engine."""
    import ibis

    listed = past.catalogue
    base = listed.select(
        "item_id",
        "item",
        _age=ibis.literal(past.as_of).epoch_days() - listed.available.epoch_days(),
        _price=listed.price,
        _category=listed.category,
        _brand=listed.brand,
    )
    sources = {"days": past.item_days, "users": past.first_met}
    return _profiled(_joined(base, _ITEM_KEYS, sources, ITEM_FEATURES, settings), ITEM_FEATURES, settings)


def _joined(
    base: ir.Table,
    keys: tuple[str, str],
    sources: Mapping[str, ir.Table],
    features: Sequence[Feature],
    settings: FeatureSettings,
    further: Mapping[str, Mapping[str, Any]] | None = None,
    keep: Keep = as_it_is,
) -> ir.Table:
    for source, rows in sources.items():
        columns = {f.name: f.expression(rows, settings) for f in features if f.source == source}
        columns |= (further or {}).get(source, {})
        if columns:
            key = next(key for key in keys if key in rows.columns)
            # kept one after the other: aggregated in one statement they would need its memory all at once
            part = keep(f"of_{source}", rows.group_by(key).aggregate(**columns))
            base = base.left_join(part, key).drop(f"{key}_right")
    return base


def _profiled(
    wide: ir.Table, features: Sequence[Feature], settings: FeatureSettings, further: Sequence[str] = ()
) -> ir.Table:
    values = {f.name: f.expression(wide, settings) if f.source == "profile" else wide[f.name] for f in features}
    typed = {f.name: values[f.name].cast("float64" if f.kind == "numeric" else "string") for f in features}
    filled = {f.name: typed[f.name].fill_null(f.fill) if f.fill is not None else typed[f.name] for f in features}
    return wide.select(wide.columns[0], **filled, **{name: wide[name] for name in further})


def _described(past: Past, categories: Levels, keep: Keep) -> ir.Table:
    """Everyone with an event or in the dimension, with attributes and what they meet most."""
    import ibis

    listed = past.users.select("user_id", _signup=past.users.signup_ts.date(), **{f"_{n}": n for n in _ATTRIBUTES})
    both = past.people.outer_join(listed, "user_id")
    # kept, an engine knows how many they are and joins the narrow parts to them, not them to each part
    base = keep("base", both.mutate(user_id=ibis.coalesce(both.user_id, both.user_id_right)).drop("user_id_right"))
    of_values = keep("main_values", values_met(past).commonest(VALUE_COLUMNS))
    of_categories = keep("main_category", categories.commonest([CATEGORY]))
    return base.left_join(of_values, "user").drop("user_right").left_join(of_categories, "user").drop("user_right")


def _known(wide: ir.Table, as_of: date) -> ir.Table:
    import ibis

    end, first, signup = ibis.literal(as_of), wide._first_day, wide._signup
    start = ibis.least(first.coalesce(signup), signup.coalesce(first))
    described = wide.mutate(
        _tenure=end.epoch_days() - start.epoch_days(), _country=ibis.coalesce(wide._country, wide._main_countries)
    )
    # someone who is only in the dimension is known from the signup on; without a date, from the first event
    return described.filter(first.notnull() | (signup < end).fill_null(False))


def _shares(tastes: ir.Table, shown: Sequence[str]) -> dict[str, Any]:
    return {
        f"{TASTE_SHARE_PREFIX}{slug}": tastes.share.sum(where=tastes.level == name).coalesce(0.0)
        for slug, name in sorted({_slug(name): name for name in shown}.items())
    }


def _top_categories(engine: Any, past: Past, settings: FeatureSettings) -> list[str]:
    import ibis

    listed = past.catalogue.filter(ibis._.category.notnull() & (ibis._.met > 0))
    counted = listed.group_by("category").aggregate(met=listed.met.sum())
    top = counted.order_by([ibis.desc("met"), "category"]).limit(settings.category_shares)
    return [str(name) for name in engine.to_pandas(top)["category"]]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"


def _typed(frame: pd.DataFrame, as_of: date) -> pa.Table:
    import pyarrow as pa

    # a column without a single value has no type of its own: the registry says which it is
    texts = {frame.columns[0], *feature_names("user", "categorical"), *feature_names("item", "categorical")}
    fields = [(name, pa.string() if name in texts else pa.float64()) for name in frame.columns]
    rows = pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)
    return rows.append_column("as_of", pa.array([as_of] * len(frame), pa.date32()))
