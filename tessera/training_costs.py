"""What a training will take: as much as the last time, or as others of its size did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from monitoring.actions import Cost
from tessera.decisions import Decided
from training.versions import GLOBAL


@dataclass(frozen=True)
class TrainingCosts:
    """Predictions from recorded trainings.

    Args:
        known: decisions before the day that is planned, oldest first.
        users: size of every living segment.
        trials: what tuning gives every living segment.
        usual: for a segment as long as nothing was recorded of anybody.
        parent_seconds: for the parent as long as none was recorded.
    """

    known: Sequence[Decided]
    users: dict[str, int]
    trials: dict[str, int]
    usual: Cost
    parent_seconds: float

    def of(self, segment_id: str) -> Cost:
        """Of one segment: its last training's seconds, or its users times the others' median seconds a user."""
        last = self._last(segment_id)
        trials = self.trials.get(segment_id, self.usual.trials)
        if last is not None:
            return Cost(last.seconds, trials)
        rate = self._rate()
        size = self.users.get(segment_id, 0)
        return Cost(rate * size if rate and size else self.usual.seconds, trials)

    def of_everything(self) -> Cost:
        """Of the parent with every living segment."""
        parent = self._last(GLOBAL) or Cost(self.parent_seconds)
        return sum((self.of(segment) for segment in sorted(self.users)), parent)

    def _last(self, segment_id: str) -> Cost | None:
        costs = [one.cost for one in self.known if one.segment_id == segment_id and one.cost]
        return costs[-1] if costs else None

    def _rate(self) -> float:
        """Seconds a user, the median of the recorded trainings; 0 where none was recorded."""
        rates = [one.cost.seconds / one.users for one in self.known if one.cost and one.users]
        return median(rates) if rates else 0.0
