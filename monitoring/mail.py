"""The drift mail: what moved in which segment, what was done about it, and where to look."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from monitoring.words import CAUSES, band, listed

if TYPE_CHECKING:
    from jinja2 import Environment

SUBJECT_LIMIT: Final = 120


@dataclass(frozen=True)
class MovedFeature:
    """One column that moved: "category: Garden 12 % → 31 %, distance 0.21 (threshold 0.10)".

    ``bars``: (value, share before, share after) of its largest movers, drawn as bars; empty for numbers.
    """

    feature: str
    subject: str
    before: str
    after: str
    distance: float
    threshold: float
    bars: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Retraining:
    """What retraining led to: ``outcome`` is the gate's verdict in its own words.

    ``challenger`` and ``parent`` are the metric on the segment's users, ``difference`` with its interval as well;
    ``seconds`` is what it cost.
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
        interval = "" if self.lower is None or self.upper is None else f", interval {self.lower:+.4f} to {self.upper:+.4f}"
        return f"{self.metric} {self.challenger:.4f} against the parent's {self.parent:.4f} ({self.difference:+.4f}{interval})"


@dataclass(frozen=True)
class SegmentAlert:
    """One drifted segment in a mail; ``links`` are (label, address) pairs, shown in their order.

    ``action`` says what was done when it was not a retraining ("will be retrained in run …", "alert only").
    """

    segment_id: str
    name: str
    users: int
    cause: str
    reason: str
    moved: tuple[MovedFeature, ...]
    retraining: Retraining | None = None
    action: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DriftMail:
    """Everything one monitoring run has to say. ``quiet`` segments did not drift, ``scarce`` had too little data."""

    as_of: date
    alerts: tuple[SegmentAlert, ...]
    links: tuple[tuple[str, str], ...] = ()
    quiet: int = 0
    scarce: tuple[str, ...] = ()
    windows: str = ""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class RenderedMail:
    """A mail ready to be sent: the same content as HTML and as plain text."""

    subject: str
    html: str
    text: str


def render(mail: DriftMail) -> RenderedMail:
    """Write the mail. Names and values come from users' data: everything is escaped, the subject stays one line.

    Raises:
        ValueError: if there is nothing to write about (no alerts and no notes).
    """
    if not mail.alerts and not mail.notes:
        raise ValueError("a drift mail needs at least one alert or note; send none when nothing drifted")
    shown = {"mail": mail, "subject": subject(mail), "first_line": first_line(mail), "causes": CAUSES}
    html, text = (_templates().get_template(f"drift.{kind}.j2").render(shown) for kind in ("html", "txt"))
    return RenderedMail(shown_subject(mail), html, text)
