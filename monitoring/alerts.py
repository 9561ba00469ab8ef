"""What a drift mail has to say, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitoring.measurement import DriftRow, SegmentMeasurement
    from monitoring.verdicts import Verdict


@dataclass(frozen=True)
class Link:
    """A labelled address."""

    label: str
    url: str


@dataclass(frozen=True)
class Bar:
    """One value before and after, to be drawn: ``before`` and ``after`` are its lengths, the texts are shown beside."""

    value: str
    before: float
    after: float
    before_text: str
    after_text: str


@dataclass(frozen=True)
class MovedFeature:
    """One column that moved, such as "category: Garden 12 % → 31 %", at ``distance`` against ``threshold``."""

    feature: str
    subject: str
    before: str
    after: str
    distance: float
    threshold: float
    bars: tuple[Bar, ...] = ()

    @property
    def times(self) -> float:
        """How many times the threshold the move was."""
        return self.distance / self.threshold


@dataclass(frozen=True)
class Retraining:
    """What retraining led to: ``outcome`` is the gate's verdict in words ("serves", "falls back", ...).

    ``challenger`` and ``parent`` are the metric on the segment's own users; ``seconds`` is what it took.
    """

    version: str
    outcome: str
    promoted: bool
    metric: str = "NDCG@10"
    challenger: float | None = None
    parent: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    seconds: float | None = None

    @property
    def numbers(self) -> str:
        """The gate's numbers in one line; empty when it had none."""
        if self.challenger is None or self.parent is None or self.difference is None:
            return ""
        known = self.lower is not None and self.upper is not None
        interval = f", interval {self.lower:+.4f} to {self.upper:+.4f}" if known else ""
        against = f"{self.challenger:.4f} against {self.parent:.4f} of the global model"
        return f"{self.metric} {against}, difference {self.difference:+.4f}{interval}".replace("-0", "−0")


@dataclass(frozen=True)
class SegmentAlert:
    """One drifted segment; ``action`` says what was done where there is no retraining to report ("requested")."""

    segment_id: str
    name: str
    users: int
    cause: str
    reason: str
    moved: tuple[MovedFeature, ...]
    retraining: Retraining | None = None
    action: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class DriftMail:
    """Everything one monitoring run has to say.

    ``quiet``: how many segments did not drift. ``scarce``: names of those with too little data. ``windows``: what was
    compared, in words. ``notes``: further sentences (data trouble, the mix of segments).
    """

    as_of: date
    alerts: tuple[SegmentAlert, ...]
    links: tuple[Link, ...] = ()
    quiet: int = 0
    scarce: tuple[str, ...] = ()
    windows: str = ""
    notes: tuple[str, ...] = ()


def alert(
    segment_id: str,
    name: str,
    verdict: Verdict,
    measurement: SegmentMeasurement,
    *,
    users: int | None = None,
    retraining: Retraining | None = None,
    action: str = "",
    links: tuple[Link, ...] = (),
) -> SegmentAlert:
    """The alert of one drifted segment; ``users`` defaults to those seen in the current sample."""
    moved = tuple(_moved(row) for row in measurement.drifted)
    size = verdict.users if users is None else users
    return SegmentAlert(segment_id, name, size, verdict.cause, verdict.reason, moved, retraining, action, links)


def _moved(row: DriftRow) -> MovedFeature:
    bars = tuple(Bar(m.value, m.before, m.after, *m.words) for m in row.movers)
    return MovedFeature(row.feature, row.subject, row.before, row.after, row.distance, row.threshold, bars)
