"""What a drift mail has to say, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from monitoring.alarms import News
from monitoring.answers import Answer, Need
from monitoring.letter import Severity

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
class Effect:
    """A figure of quality or business before and after; ``note`` says what it is to be held against.

    ``worse``: the fall is more than its usual ups and downs.
    """

    label: str
    before: str
    after: str
    note: str = ""
    worse: bool = False


@dataclass(frozen=True)
class SegmentAlert:
    """One alarm; ``since`` is the day on which it began, ``news`` what this day adds ("begun", "changed", ...)."""

    segment_id: str
    name: str
    users: int
    cause: str
    reason: str
    moved: tuple[MovedFeature, ...] = ()
    answer: Answer = field(default_factory=Answer)
    links: tuple[Link, ...] = ()
    effects: tuple[Effect, ...] = ()
    severity: Severity = "warning"
    news: News = "begun"
    since: date | None = None

    @property
    def need(self) -> Need:
        """What it leaves for a person to do."""
        return self.answer.need(self.cause)

    @property
    def times(self) -> float:
        """How many times its limit the furthest move was; 0 where nothing is known to have moved."""
        return max((moved.times for moved in self.moved), default=0.0)


@dataclass(frozen=True)
class Recovery:
    """An alarm that is over: it began on ``since``, last alarmed on ``last``, and ``calm`` days were quiet since."""

    segment_id: str
    name: str
    users: int
    cause: str
    since: date
    last: date
    calm: int
    links: tuple[Link, ...] = ()
    served: str = ""


@dataclass(frozen=True)
class DriftMail:
    """Everything that one reader is told about one monitored day: alarms, or alarms that are over.

    ``quiet``: how many segments did not drift. ``scarce``: names of those with too little data. ``ongoing``: alarms
    that were told before, in words. ``windows``: what was compared, in words. ``digest``: many alarms, so a table of
    them stands on top.
    """

    as_of: date
    alerts: tuple[SegmentAlert, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    links: tuple[Link, ...] = ()
    quiet: int = 0
    scarce: tuple[str, ...] = ()
    ongoing: tuple[str, ...] = ()
    windows: str = ""
    digest: bool = False


def alert(segment_id: str, name: str, verdict: Verdict, measurement: SegmentMeasurement) -> SegmentAlert:
    """The alert of one drifted segment, as the monitoring step keeps it; what was done is not known yet."""
    return SegmentAlert(segment_id, name, verdict.users, verdict.cause, verdict.reason, moved_features(measurement))


def moved_features(measurement: SegmentMeasurement) -> tuple[MovedFeature, ...]:
    """What moved, the furthest beyond its limit first."""
    return tuple(_moved(row) for row in measurement.drifted)


def _moved(row: DriftRow) -> MovedFeature:
    bars = tuple(Bar(m.value, m.before, m.after, *m.words) for m in row.movers)
    return MovedFeature(row.feature, row.subject, row.before, row.after, row.distance, row.threshold, bars)
