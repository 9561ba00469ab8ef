"""What became of the segments: births, deaths, splits and merges as rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from segmentation.identity import Transition
from segmentation.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd

_SPLIT_SHARE: Final = 0.25
_MERGE_SHARE: Final = 0.5

Row = tuple[date, str, str, str | None, int, str]


def lineage(previous: Segmentation | None, current: Segmentation) -> pd.DataFrame:
    """Rows of ``segment_lineage``: ``as_of segment_id event other_id users detail``.

    Events: ``kept``; ``birth`` of a segment from nowhere; ``split`` of one from ``other_id`` (which gave a quarter
    of its users or more); ``merge`` of one into ``other_id`` (which took half of its users or more); ``death``.
    """
    import pandas as pd

    before = {s.segment_id for s in previous.segments} if previous else set()
    after = {s.segment_id: s.users for s in current.segments}
    flows = current.transitions if previous else ()
    rows = [_alive(current.as_of, name, users, before, flows) for name, users in after.items()]
    rows += [_gone(current.as_of, name, flows) for name in sorted(before - set(after))]
    return pd.DataFrame(rows, columns=["as_of", "segment_id", "event", "other_id", "users", "detail"])


def _alive(as_of: date, name: str, users: int, before: set[str], flows: tuple[Transition, ...]) -> Row:
    if name in before:
        stayed = sum(f.users for f in flows if f.old == f.new == name)
        return as_of, name, "kept", name, users, f"{stayed} of {users} users were in it by the previous rule"
    source = max((f for f in flows if f.new == name), key=lambda f: f.users, default=None)
    given = source.users / _outflow(source.old, flows) if source else 0.0
    if source and given >= _SPLIT_SHARE:
        return as_of, name, "split", source.old, users, f"took {given:.0%} of the users of {source.old}"
    return as_of, name, "birth", None, users, "no earlier segment holds these users"


def _gone(as_of: date, name: str, flows: tuple[Transition, ...]) -> Row:
    heir = max((f for f in flows if f.old == name), key=lambda f: f.users, default=None)
    share = heir.users / _outflow(name, flows) if heir else 0.0
    if heir and share >= _MERGE_SHARE:
        return as_of, name, "merge", heir.new, heir.users, f"{share:.0%} of its users are now in {heir.new}"
    return as_of, name, "death", None, _outflow(name, flows), "its users are scattered or gone"


def _outflow(name: str, flows: tuple[Transition, ...]) -> int:
    return sum(f.users for f in flows if f.old == name)
