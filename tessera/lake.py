"""The lake as models see it: events and features as of a day, from named snapshots."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from monitoring.paid import with_paid
from tessera.errors import NotReadyError
from tessera.feature_cache import FeatureCache
from tessera.pinned import PinnedStore
from tessera.settings import Settings
from warehouse.columns import CATEGORY, CHANNEL, COUNTRY, DEVICE, EVENT, ITEM, PRICE, SESSION, TS, TYPE, USER, VALUE
from warehouse.store import Snapshot, Store
from warehouse.windows import Window

_EVENT_COLUMNS = (USER, ITEM, TYPE, TS, VALUE, SESSION)
_WATCHED_COLUMNS = (EVENT, USER, ITEM, TYPE, TS, VALUE, DEVICE, CHANNEL, COUNTRY)
# of the catalogue itself: what content generators read, where somebody delivered it
_TOLD = ("title", "text", "embedding")
_NAMED = ("interactions", "user_daily", "item_daily", "users", "items")


class LakeSource:
    """Implements :class:`recommender.source.TrainingSource` over one named snapshot of every table.

    Features as of a day are computed once per snapshot and kept (:class:`tessera.feature_cache.FeatureCache`).

    Args:
        store: the lake.
        settings: weights and features.
        versions: Delta versions to read tables at; those that are not named at their newest.

    Raises:
        NotReadyError: nothing was ingested yet.
    """

    def __init__(self, store: Store, settings: Settings, versions: Mapping[str, int] | None = None) -> None:
        missing = [table for table in _NAMED if not store.exists(table)]
        if missing:
            raise NotReadyError(f"no {', '.join(missing)} under {store.root}: run 'tessera ingest' first")
        self.settings = settings
        named = {table: Snapshot(table, version) for table, version in (versions or {}).items()}
        self.snapshots = {table: named.get(table) or store.snapshot(table) for table in _NAMED}
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
        """What monitoring looks at: the events of the window with their ids, context, category, price and ``paid``."""
        rows = self.store.frame(self.snapshots["interactions"], window=window, columns=_WATCHED_COLUMNS)
        known = self._catalogue.set_index(ITEM)
        rows[CATEGORY] = known[CATEGORY].reindex(rows[ITEM]).to_numpy()
        rows[PRICE] = self._prices.reindex(rows[ITEM]).to_numpy()
        return with_paid(rows)

    def users(self, as_of: date) -> pd.DataFrame:
        """User features from events before ``as_of``."""
        return self._features.read(as_of, "users")

    def items(self, as_of: date) -> pd.DataFrame:
        """The catalogue with item features from events before ``as_of``."""
        told = [name for name in _TOLD if name in self._catalogue and self._catalogue[name].notna().any()]
        return self.item_features(as_of).merge(self._catalogue[[ITEM, *told]], on=ITEM, how="left")

    def item_features(self, as_of: date) -> pd.DataFrame:
        """Item features alone, from events before ``as_of``."""
        return self._features.read(as_of, "items")

    @cached_property
    def data_hash(self) -> str:
        """A name of exactly what is read: the versions of every table."""
        names = ",".join(str(self.snapshots[table]) for table in _NAMED)
        return hashlib.sha256(names.encode()).hexdigest()[:16]

    @cached_property
    def _features(self) -> FeatureCache:
        return FeatureCache(self.store, self.settings, self.data_hash)

    @cached_property
    def _catalogue(self) -> pd.DataFrame:
        return self.store.frame(self.snapshots["items"])

    @cached_property
    def _prices(self) -> pd.Series[float]:
        return self._catalogue.set_index(ITEM)[PRICE].astype("float64")


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """The place of every value among the distinct ones in order, missing values last, and the distinct ones."""
    distinct = pc.unique(column).drop_null().sort()
    codes = pc.index_in(column, value_set=distinct).fill_null(len(distinct))
    return codes.to_numpy().astype(np.int64), distinct.to_pylist()
