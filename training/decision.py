"""What the gate says about one challenger: a verdict, its numbers and a sentence that a person reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["serves", "falls_back", "not_enough_evidence"]


@dataclass(frozen=True)
class WindowDifference:
    """One gate window: its label, evaluated users, mean difference and its own interval (users resampled only)."""

    window: str
    users: int
    difference: float
    lower: float
    upper: float


@dataclass(frozen=True)
class SegmentDifference:
    """One segment of a new global model: evaluated users, mean difference to the champion and its bounds."""

    segment_id: str
    users: int
    difference: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Decision:
    """The gate's answer.

    ``parent``, ``challenger`` and ``difference`` are means of the metric over evaluated user-windows; ``lower`` and
    ``upper`` bound the difference one-sidedly at ``alpha``, the level left after the correction over
    ``comparisons`` segments. ``users`` counts distinct evaluated users. Numbers that could not be had are NaN.
    ``by_segment`` is a new global model's (the worst-segment rule), the worst first.
    """

    verdict: Verdict
    reason: str
    users: int
    windows: int
    parent: float
    challenger: float
    difference: float
    lower: float
    upper: float
    p_value: float
    margin: float
    alpha: float
    comparisons: int
    metric: str = "ndcg@10"
    by_window: tuple[WindowDifference, ...] = ()
    by_segment: tuple[SegmentDifference, ...] = ()

    @property
    def serves(self) -> bool:
        """Whether the challenger is proved and may be promoted."""
        return self.verdict == "serves"

    def facts(self) -> dict[str, Any]:
        """The flat numbers (everything but windows and segments), for tags and for the table of gate decisions."""
        return {name: value for name, value in asdict(self).items() if name not in ("by_window", "by_segment")}
