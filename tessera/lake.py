"""The lake as models see it: events and features as of a day, from named snapshots."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tessera.errors import NotReadyError
from tessera.pinned import PinnedStore
from tessera.settings import Settings
from warehouse.columns import CATEGORY, CHANNEL, COUNTRY, DEVICE, EVENT, ITEM, PRICE, SESSION, TS, TYPE, USER, VALUE
from warehouse.store import Store
from warehouse.windows import Window

_EVENT_COLUMNS = (USER, ITEM, TYPE, TS, VALUE, SESSION)
_WATCHED_COLUMNS = (EVENT, USER, ITEM, TYPE, TS, DEVICE, CHANNEL, COUNTRY)
_NAMED = ("interactions", "user_daily", "item_daily", "users", "items")


class LakeSource:
    """Implements :class:`recommender.source.TrainingSource` over one named snapshot of every table.

    Features as of a day are computed once per snapshot and kept in ``cache``: they depend on nothing else.

    Raises:
        NotReadyError: nothing was ingested yet.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        missing = [table for table in _NAMED if not store.exists(table)]
        if missing:
            raise NotReadyError(f"no {', '.join(missing)} under {store.root}: run 'tessera ingest' first")
        self.settings = settings
        self.snapshots = {table: store.snapshot(table) for table in _NAMED}
        self.store = PinnedStore(store, self.snapshots)

    def span(self) -> Window:
        """The days that hold events."""
        days = self.store.dates("interactions")
        return Window(days[0], Window.day(days[-1]).end)

    def events(self, window: Window) -> pd.DataFrame:
        """``user_id item_id event_type ts value session_id price weight positive`` of the window, by user and time."""
        rows = self.store.read(self.snapshots["interactions"], window=window, columns=_EVENT_COLUMNS)
        coded = {name: _coded(rows[name]) for name in (USER, ITEM, TYPE)}
        ts = rows[TS].cast(pa.int64()).to_numpy()
        order = np.lexsort((coded[TYPE][0], coded[ITEM][0], ts, coded[USER][0]))
        frame: pd.DataFrame = rows.take(pa.array(order)).to_pandas()
        prices = self._prices.reindex(coded[ITEM][1]).to_numpy()
        frame[PRICE] = np.append(prices, np.nan)[coded[ITEM][0]][order]
        frame["weight"] = self.settings.weights.confidence(frame)
        frame["positive"] = self.settings.weights.positive(frame)
        return frame

    def watched(self, window: Window) -> pd.DataFrame:
        """What monitoring looks at: the events of the window with their ids, context, category and price."""
        rows = self.store.frame(self.snapshots["interactions"], window=window, columns=_WATCHED_COLUMNS)
        known = self._catalogue.set_index(ITEM)
        rows[CATEGORY] = known[CATEGORY].reindex(rows[ITEM]).to_numpy()
        rows[PRICE] = self._prices.reindex(rows[ITEM]).to_numpy()
        return rows

    def users(self, as_of: date) -> pd.DataFrame:
        """User features from events before ``as_of``."""
        return self._features(as_of, "users")

    def items(self, as_of: date) -> pd.DataFrame:
        """The catalogue with item features from events before ``as_of``."""
        features = self.item_features(as_of)
        return features.merge(self._catalogue[[ITEM, "title", "text"]], on=ITEM, how="left")

    def item_features(self, as_of: date) -> pd.DataFrame:
        """Item features alone, from events before ``as_of``."""
        return self._features(as_of, "items")

    @cached_property
    def data_hash(self) -> str:
        """A name of exactly what is read: the versions of every table."""
        names = ",".join(str(self.snapshots[table]) for table in _NAMED)
        return hashlib.sha256(names.encode()).hexdigest()[:16]

    @cached_property
    def _catalogue(self) -> pd.DataFrame:
        return self.store.frame(self.snapshots["items"])

    @cached_property
    def _prices(self) -> pd.Series[float]:
        return self._catalogue.set_index(ITEM)[PRICE].astype("float64")

    def _features(self, as_of: date, entity: str) -> pd.DataFrame:
        file = self._cache / f"{as_of}-{entity}.parquet"
        if not file.exists():
            self._compute(as_of)
        return pd.read_parquet(file)

    @property
    def _cache(self) -> Path:
        return self.settings.home / "cache" / "features" / self.data_hash

    def _compute(self, as_of: date) -> None:
        from interactions.features import export_features
        from warehouse.engine import duckdb_engine

        engine = duckdb_engine(self.settings.memory_limit, self.settings.threads)
        self._cache.mkdir(parents=True, exist_ok=True)
        users, items = (self._cache / f"{as_of}-{entity}.parquet" for entity in ("users", "items"))
        # two tasks may compute the same day: a file appears whole or not at all
        aside = uuid4().hex
        parts = users.with_suffix(f".{aside}.aside"), items.with_suffix(f".{aside}.aside")
        export_features(engine, self.store, as_of, *parts, self.settings.features)
        for part, file in zip(parts, (users, items), strict=True):
            part.replace(file)


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """The place of every value among the distinct ones in order, missing values last, and the distinct ones."""
    distinct = pc.unique(column).drop_null().sort()
    codes = pc.index_in(column, value_set=distinct).fill_null(len(distinct))
    return codes.to_numpy().astype(np.int64), distinct.to_pylist()
