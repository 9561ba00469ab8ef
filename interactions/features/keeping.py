"""Closings kept in files: a cache, without which features are the same and only take longer."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock

from interactions.features.closing import Closing, close
from interactions.features.settings import FeatureSettings
from warehouse.engine import at_rest, opened, relation
from warehouse.pruning import use_folder
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEPT: Final = 4
"""So many closings stay, the ones used last: a month's own and those of a backfill beside it."""

_DAILY: Final = ("user_daily", "item_daily")
_PARTS: Final = ("users", "items", "pairs", "values")


def kept_closing(engine: Any, store: Store, day: date, settings: FeatureSettings, folder: Path) -> Closing:
    """The totals of all days before ``day``, from ``folder`` or computed and kept there.

    A closing is named by the files of the days in it and by its own definition: a late event that reopens one of its
    days, another half-life or a newer Tessera makes another closing. Of two tasks that need the same one, one waits.
    """
    window = Window(min([*store.dates(_DAILY[0]), day]), day)
    home = folder / f"{day}-{_name(store, window, settings)}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not home.exists():
            users, items = (relation(engine, store, store.snapshot(table), window) for table in _DAILY)
            _write(engine, (users, items), day, settings, home)
        use_folder(home, KEPT)
    like = _definition(tuple(settings.half_lives.items()))
    return Closing(day, *(opened(engine, home / f"{part}.parquet", getattr(like, part)) for part in _PARTS))


def _name(store: Store, window: Window, settings: FeatureSettings) -> str:
    # Delta never writes a file of the same name twice
    files = [Path(file).name for table in _DAILY for file in store.files(store.snapshot(table), window)]
    text = "\n".join([*sorted(files), _text(tuple(settings.half_lives.items()))])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _text(half_lives: tuple[tuple[str, float], ...]) -> str:
    import ibis

    definition = _definition(half_lives)
    return "\n".join(str(ibis.to_sql(getattr(definition, part), dialect="duckdb")) for part in _PARTS)


def _definition(half_lives: tuple[tuple[str, float], ...]) -> Closing:
    import ibis

    users, items = (ibis.table(ibis.Schema.from_pyarrow(TABLES[table].schema), name=table) for table in _DAILY)
    return close(users, items, date(2000, 1, 1), FeatureSettings(dict(half_lives)))


def _write(engine: Any, daily: tuple[ir.Table, ir.Table], day: date, settings: FeatureSettings, home: Path) -> None:
    aside = home.with_suffix(".aside")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    close(*daily, day, settings, keep=lambda part, rows: at_rest(engine, rows, aside / f"{part}.parquet"))
    aside.rename(home)
