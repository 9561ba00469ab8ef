"""Who serves whom, as one immutable value: a request reads it once, so no answer mixes two versions (F22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from serving.models import ServedModel
from serving.snapshot import Snapshot

Serves = Literal["segment", "global", "popular"]


@dataclass(frozen=True)
class SegmentLine:
    """Who serves a segment, and why, in words."""

    segment_id: str
    name: str
    band: str
    users: int
    serves: Serves
    model: str
    version: str
    parent_version: str
    reason: str


@dataclass(frozen=True, eq=False)
class Routing:
    """A verified snapshot, the live parent, the live head of each segment, and the reasons for both.

    ``notes`` says of a segment (or of ``global``) why its registered champion does not serve.
    """

    snapshot: Snapshot
    parent: ServedModel | None
    heads: Mapping[str, ServedModel]
    notes: Mapping[str, str]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for routings that answer alike."""
        versions = sorted((segment, head.version) for segment, head in self.heads.items())
        parent = self.parent.version if self.parent else ""
        return (self.snapshot.name, parent, tuple(versions), tuple(sorted(self.notes.items())))

    def models(self) -> list[ServedModel]:
        """Everything that serves, the parent first."""
        return [*([self.parent] if self.parent else []), *self.heads.values()]

    def lines(self) -> list[SegmentLine]:
        """One line a segment, by id."""
        return [self.line(segment) for segment in self.snapshot.segment_ids]

    def line(self, segment_id: str) -> SegmentLine:
        """Who serves ``segment_id`` and why."""
        facts = self.snapshot.segments[segment_id]
        head = self.heads.get(segment_id)
        model = head or self.parent
        serves: Serves = "segment" if head else "global" if self.parent else "popular"
        return SegmentLine(
            segment_id=segment_id,
            name=facts.name,
            band=facts.band,
            users=facts.users,
            serves=serves,
            model=model.name if model else "",
            version=model.version if model else "",
            parent_version=self.parent.version if self.parent else "",
            reason=self._reason(segment_id, head),
        )

    def _reason(self, segment_id: str, head: ServedModel | None) -> str:
        note = self.notes.get(segment_id, "")
        if head and note:
            return f"version {head.version} goes on serving: {note}"
        if head:
            return f"champion version {head.version}, measured against global version {head.parent_version}"
        if self.parent:
            return note or "no champion: the global model serves"
        return self.notes.get("global") or "no global champion: popular items serve"
