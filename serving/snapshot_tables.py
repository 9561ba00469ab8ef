"""The tables of a snapshot, laid out as sorted arrays with one row a user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from serving.errors import SnapshotError
from warehouse.columns import ITEM, SEGMENT, TITLE, TS, TYPE, USER, WEIGHT


@dataclass(frozen=True)
class SnapshotTables:
    """The frames that a snapshot is made of; see ``write_snapshot`` for their columns."""

    events: pd.DataFrame
    user_features: pd.DataFrame
    assignments: pd.DataFrame
    segments: pd.DataFrame
    items: pd.DataFrame

    @cached_property
    def users(self) -> NDArray[np.bytes_]:
        """Everybody who has an event, features or a segment, sorted by the bytes of the id."""
        frames = (self.events, self.user_features, self.assignments)
        ids = pd.unique(pd.concat([frame[USER].astype("str") for frame in frames], ignore_index=True))
        encoded = [str(value).encode() for value in ids]
        return np.sort(np.array(encoded, dtype=np.bytes_)) if encoded else np.array([], dtype="S1")

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """``item_id title``, sorted by id; an item without a title is called by its id."""
        items = self.items.drop_duplicates(ITEM).sort_values(ITEM, ignore_index=True)
        titles = items[TITLE] if TITLE in items else pd.Series(pd.NA, index=items.index, dtype="str")
        return pd.DataFrame({ITEM: items[ITEM].astype("str"), TITLE: titles.astype("str").fillna(items[ITEM])})

    @cached_property
    def event_types(self) -> list[str]:
        """The event types that occur, sorted."""
        return sorted(self.events[TYPE].astype("str").unique())

    @cached_property
    def segment_ids(self) -> list[str]:
        """The ids of the living segments, sorted."""
        return sorted(self.segments[SEGMENT].astype("str"))

    def segment_rows(self) -> list[dict[str, Any]]:
        """``segment_id name band users`` of every segment, by id."""
        counts = self.assignments[SEGMENT].value_counts()
        rows = self.segments.set_index(SEGMENT).loc[self.segment_ids]
        return [
            {SEGMENT: key, "name": str(row["name"]), "band": str(row["band"]), "users": int(counts.get(key, 0))}
            for key, row in rows.iterrows()
        ]

    def features(self) -> pd.DataFrame:
        """The user features, one row for each of ``users`` in their order."""
        ids = pd.Index(decoded(self.users), dtype="str", name=USER)
        return self.user_features.drop_duplicates(USER).set_index(USER).reindex(ids).reset_index()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The users, their segments and their events, ordered by user, time and item."""
        events = self.events.assign(_row=self._rows(self.events[USER]), _ts=_micros(self.events[TS]))
        events = events.sort_values(["_row", "_ts", ITEM, TYPE], kind="stable")
        counts = np.bincount(events["_row"], minlength=len(self.users))
        return {
            "users": self.users,
            "segment_codes": self._segment_codes(),
            "starts": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "item_codes": _codes(self.catalogue[ITEM], events[ITEM], "item", "the catalogue"),
            "type_codes": _codes(self.event_types, events[TYPE], "event type", "the event types"),
            "ts": events["_ts"].to_numpy(np.int64),
            "weights": events[WEIGHT].to_numpy(np.float32),
        }

    def _segment_codes(self) -> NDArray[np.int32]:
        codes = np.full(len(self.users), -1, dtype=np.int32)
        known = _codes(self.segment_ids, self.assignments[SEGMENT], "segment", "the segments table")
        codes[self._rows(self.assignments[USER])] = known
        return codes

    def _rows(self, ids: pd.Series[Any]) -> NDArray[np.int64]:
        unique = pd.Index(decoded(self.users), dtype="str")
        return np.asarray(unique.get_indexer(pd.Index(ids.astype("str"))), dtype=np.int64)


def decoded(users: NDArray[np.bytes_]) -> NDArray[np.object_]:
    """User ids as text: the arrays hold UTF-8 bytes, which take a quarter of the memory."""
    return np.char.decode(users, "utf-8").astype(object)


def _micros(ts: pd.Series[Any]) -> NDArray[np.int64]:
    return np.asarray(ts.dt.as_unit("us").astype("int64"), dtype=np.int64)


def _codes(known: Iterable[str], values: pd.Series[Any], what: str, where: str) -> NDArray[np.int32]:
    codes = pd.Index(list(known), dtype="str").get_indexer(pd.Index(values.astype("str")))
    if (codes < 0).any():
        stranger = values.iloc[int(np.flatnonzero(codes < 0)[0])]
        raise SnapshotError(f"{what} '{stranger}' is used but not in {where}: give every {what} its row")
    return np.asarray(codes, dtype=np.int32)
