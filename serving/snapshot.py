"""What the API knows of users, segments and items as of a day: written by a step, read by every API process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from serving import sealed
from serving.errors import SnapshotError
from serving.snapshot_tables import SnapshotTables, decoded
from warehouse.columns import ITEM, SEGMENT, TITLE, TS, TYPE, USER, WEIGHT

FORMAT = 1
EVENT_COLUMNS = (USER, ITEM, TYPE, TS, WEIGHT)
_ARRAYS = ("users", "segment_codes", "starts", "item_codes", "type_codes", "ts", "weights")
_EPOCH_UNIT = "datetime64[us]"


@dataclass(frozen=True)
class SegmentFacts:
    """A segment as the API shows it: id, human name, history band, number of users."""

    segment_id: str
    name: str
    band: str
    users: int


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A loaded snapshot: memory-mapped arrays with one row a user, and the small tables in memory.

    ``users`` is sorted (UTF-8 bytes); the events of user ``u`` are the slots ``starts[u]:starts[u + 1]``
    of ``item_codes``, ``type_codes``, ``ts`` (microseconds since 1970, UTC) and ``weights``.
    """

    name: str
    as_of: date
    users: NDArray[np.bytes_]
    segment_codes: NDArray[np.int32]
    starts: NDArray[np.int64]
    item_codes: NDArray[np.int32]
    type_codes: NDArray[np.int32]
    ts: NDArray[np.int64]
    weights: NDArray[np.float32]
    item_ids: NDArray[np.object_]
    event_types: NDArray[np.object_]
    titles: Mapping[str, str]
    user_features: pd.DataFrame
    segments: Mapping[str, SegmentFacts]
    segment_ids: tuple[str, ...]
    popular: tuple[str, ...]
    popular_by_segment: Mapping[str, tuple[str, ...]]
    new_user_segment: str

    def row(self, user_id: str) -> int:
        """The user's row, or -1 where the snapshot does not know them."""
        key = np.bytes_(user_id.encode())
        if len(key) > self.users.itemsize:  # a longer key would make numpy widen, and so copy, the whole array
            return -1
        place = int(np.searchsorted(self.users, key))
        return place if place < len(self.users) and self.users[place] == key else -1

    def segment_of(self, user_id: str) -> str:
        """The user's segment; unknown or unassigned users get the new-user segment (may be empty: none)."""
        row = self.row(user_id)
        code = int(self.segment_codes[row]) if row >= 0 else -1
        return self.segment_ids[code] if code >= 0 else self.new_user_segment

    def features_of(self, user_id: str) -> pd.DataFrame:
        """One row of user features; none for unknown users."""
        row = self.row(user_id)
        return self.user_features.iloc[row : row + 1] if row >= 0 else self.user_features.iloc[:0]

    def seen(self, user_id: str) -> set[str]:
        """Ids of the items that the user has any event with."""
        low, high = _span(self.starts, self.row(user_id))
        return set(self.item_ids[self.item_codes[low:high]])

    def events(self, user_id: str | None = None) -> pd.DataFrame:
        """The events of one user, or of everybody, with the columns ``EVENT_COLUMNS``, ordered by user and time."""
        row = -1 if user_id is None else self.row(user_id)
        low, high = (0, len(self.ts)) if user_id is None else _span(self.starts, row)
        codes = slice(low, high)
        if user_id is None:
            owners = np.repeat(decoded(np.asarray(self.users)), np.diff(self.starts))
        else:
            owners = np.full(high - low, user_id, dtype=object)
        return pd.DataFrame(
            {
                USER: pd.array(owners, dtype="str"),
                ITEM: pd.array(self.item_ids[self.item_codes[codes]], dtype="str"),
                TYPE: pd.array(self.event_types[self.type_codes[codes]], dtype="str"),
                TS: pd.to_datetime(np.asarray(self.ts[codes]).view(_EPOCH_UNIT), utc=True),
                WEIGHT: np.asarray(self.weights[codes]),
            }
        )


def write_snapshot(
    folder: Path,
    as_of: date,
    *,
    events: pd.DataFrame,
    user_features: pd.DataFrame,
    assignments: pd.DataFrame,
    segments: pd.DataFrame,
    items: pd.DataFrame,
    popular: Sequence[str],
    popular_by_segment: Mapping[str, Sequence[str]],
    new_user_segment: str,
    keep: int = 3,
) -> Path:
    """Publish what the API serves from, as a new sealed version; the pointer moves last.

    Args:
        folder: the parent of all versions.
        as_of: the events are from before this day.
        events: ``user_id item_id event_type ts weight``, any order.
        user_features: a row a user, ``user_id`` and the feature columns.
        assignments: ``user_id segment_id``.
        segments: ``segment_id name band``.
        items: ``item_id`` and ``title`` (may be missing); every item that may be recommended.
        popular: item ids, best first; the catalogue's other items follow by themselves.
        popular_by_segment: the same for each segment.
        new_user_segment: the segment of users without assignment; empty: none.
        keep: how many versions stay on disk.

    Returns:
        The folder of the version. Equal inputs give the same version (nothing is written twice).

    Raises:
        SnapshotError: an event with an item, or an assignment with a segment, that the tables do not list.
    """
    tables = SnapshotTables(events, user_features, assignments, segments, items)
    facts = {
        "format": FORMAT,
        "as_of": as_of.isoformat(),
        "new_user_segment": new_user_segment,
        "event_types": tables.event_types,
        "segments": tables.segment_rows(),
        "popular": list(popular),
        "popular_by_segment": {key: list(value) for key, value in sorted(popular_by_segment.items())},
    }
    with sealed.new_version(folder, as_of.isoformat(), facts, keep) as draft:
        for name, array in tables.arrays().items():
            np.save(draft / f"{name}.npy", array, allow_pickle=False)
        tables.features().to_parquet(draft / "user_features.parquet", index=False)
        tables.catalogue.to_parquet(draft / "items.parquet", index=False)
    return sealed.current(folder)


def load_snapshot(folder: Path) -> Snapshot:
    """Load the version that ``CURRENT`` names, after its checksums are verified.

    Raises:
        SnapshotError: nothing published yet, a file missing or altered, an unknown format.
    """
    version = sealed.current(folder)
    facts = sealed.verified_facts(version)
    if facts.get("format") != FORMAT:
        found = facts.get("format")
        raise SnapshotError(f"{version.name} has format {found}, this release reads {FORMAT}: publish again")
    items = pd.read_parquet(version / "items.parquet")
    ids = items[ITEM].to_numpy(dtype=object)
    popular = _completed(facts["popular"], ids)
    arrays: dict[str, Any] = {
        name: np.load(version / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS
    }
    return Snapshot(
        name=version.name,
        as_of=date.fromisoformat(facts["as_of"]),
        item_ids=ids,
        event_types=np.array(facts["event_types"], dtype=object),
        titles=dict(zip(ids, items[TITLE], strict=True)),
        user_features=pd.read_parquet(version / "user_features.parquet"),
        segments={row[SEGMENT]: SegmentFacts(**row) for row in facts["segments"]},
        segment_ids=tuple(row[SEGMENT] for row in facts["segments"]),
        popular=popular,
        popular_by_segment={key: tuple(map(str, value)) for key, value in facts["popular_by_segment"].items()},
        new_user_segment=facts["new_user_segment"],
        **arrays,
    )


def _span(starts: NDArray[np.int64], row: int) -> tuple[int, int]:
    return (0, 0) if row < 0 else (int(starts[row]), int(starts[row + 1]))


def _completed(popular: Sequence[str], catalogue: NDArray[np.object_]) -> tuple[str, ...]:
    # the tail of the ladder: with the whole catalogue at its end, a list can always be filled
    known = set(catalogue)
    head = dict.fromkeys(item for item in popular if item in known)
    return tuple(head | dict.fromkeys(catalogue))
