"""Features as of a date: the registry's expressions over the rollups before it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interactions.features.closing import closing_day
from interactions.features.expressions import commonest
from interactions.features.feature import Feature
from interactions.features.item_features import ITEM_FEATURES
from interactions.features.keeping import kept_closing
from interactions.features.registry import TASTE_SHARE_PREFIX, feature_names
from interactions.features.relations import Past, by_category, categories, levels, open_rollups, past
from interactions.features.settings import FeatureSettings
from interactions.features.user_features import USER_FEATURES
from warehouse.engine import at_rest
from warehouse.store import Snapshot, Store
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa

_SHARED = ("catalogue", "later")
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
        before = past(open_rollups(engine, store, Window(day, as_of)), closing, as_of, chosen)
        # what several expressions read is worth a file
        shared = {name: at_rest(engine, getattr(before, name), passing / f"{name}.parquet") for name in _SHARED}
        before = replace(before, **shared)
        shown = _top_categories(engine, before, chosen)
        met = at_rest(engine, by_category(before), passing / "by_category.parquet")
        users, items = user_expression(before, met, chosen, shown), item_expression(before, chosen)
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
    past: Past, met: ir.Table, settings: FeatureSettings, shown_categories: Sequence[str] = ()
) -> ir.Table:
    """The user features as one Ibis expression, for any engine; ``met`` is :func:`by_category` of ``past``."""
    tastes = categories(met)
    sources = {
        "days": past.user_days,
        "items": met,
        "categories": tastes,
        "devices": levels(past, "devices"),
        "channels": levels(past, "channels"),
    }
    shares = {"categories": _shares(tastes, shown_categories)}
    wide = _joined(_known_users(past), "user_id", sources, USER_FEATURES, settings, shares)
    return _profiled(wide, USER_FEATURES, settings, [*shares["categories"]])


def item_expression(past: Past, settings: FeatureSettings) -> ir.Table:
    """The item features as one Ibis expression, for any engine."""
    import ibis

    listed = past.catalogue
    base = listed.select(
        "item_id",
        _age=ibis.literal(past.as_of).epoch_days() - listed.available.epoch_days(),
        _price=listed.price,
        _category=listed.category,
        _brand=listed.brand,
    )
    sources = {"days": past.item_days, "users": past.first_met}
    return _profiled(_joined(base, "item_id", sources, ITEM_FEATURES, settings), ITEM_FEATURES, settings)


def _joined(
    base: ir.Table,
    key: str,
    sources: Mapping[str, ir.Table],
    features: Sequence[Feature],
    settings: FeatureSettings,
    further: Mapping[str, Mapping[str, Any]] | None = None,
) -> ir.Table:
    for source, rows in sources.items():
        columns = {f.name: f.expression(rows, settings) for f in features if f.source == source}
        columns |= (further or {}).get(source, {})
        if columns:
            base = base.left_join(rows.group_by(key).aggregate(**columns), key).drop(f"{key}_right")
    return base


def _profiled(
    wide: ir.Table, features: Sequence[Feature], settings: FeatureSettings, further: Sequence[str] = ()
) -> ir.Table:
    values = {f.name: f.expression(wide, settings) if f.source == "profile" else wide[f.name] for f in features}
    typed = {f.name: values[f.name].cast("float64" if f.kind == "numeric" else "string") for f in features}
    filled = {f.name: typed[f.name].fill_null(f.fill) if f.fill is not None else typed[f.name] for f in features}
    return wide.select(wide.columns[0], **filled, **{name: wide[name] for name in further})


def _known_users(past: Past) -> ir.Table:
    import ibis

    end = ibis.literal(past.as_of)
    active = past.user_days.group_by("user_id").aggregate(first_day=past.user_days.first_day.min())
    met = levels(past, "countries")
    lands = met.group_by("user_id").aggregate(met_country=commonest(met))
    people = past.users.mutate(signup=past.users.signup_ts.date())
    both = active.outer_join(people.select("user_id", "signup", *_ATTRIBUTES), "user_id")
    both = both.mutate(user_id=ibis.coalesce(both.user_id, both.user_id_right)).drop("user_id_right")
    # someone who is only in the dimension is known from the signup on; without a date, from the first event
    known = both.filter(both.first_day.notnull() | (both.signup < end).fill_null(False))
    known = known.left_join(lands, "user_id").drop("user_id_right")
    start = ibis.least(known.first_day.coalesce(known.signup), known.signup.coalesce(known.first_day))
    attributes = {f"_{name}": known[name] for name in _ATTRIBUTES}
    attributes["_country"] = ibis.coalesce(known.country, known.met_country)
    return known.select("user_id", _tenure=end.epoch_days() - start.epoch_days(), **attributes)


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
