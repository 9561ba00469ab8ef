"""Quiet hours: what is not urgent waits until people are awake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitoring.letter import SEVERITIES, Severity


@dataclass(frozen=True)
class QuietHours:
    """A span of every day, in local time, in which mails below a severity wait; no span by default.

    Args:
        start: ``HH:MM``; equal to ``end``: there are no quiet hours.
        end: ``HH:MM``; before ``start``: the span goes over midnight.
        zone: name of the time zone.
        below: mails of this severity and above are sent at once.

    Raises:
        ValueError: no time of day, or no time zone.
    """

    start: str = "00:00"
    end: str = "00:00"
    zone: str = "UTC"
    below: Severity = "critical"

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            _time(name, getattr(self, name))
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"zone must name a time zone such as 'Europe/Berlin'; found {self.zone!r}") from error

    def release(self, moment: datetime, severity: Severity) -> datetime:
        """The first moment from ``moment`` (aware) on at which a mail of ``severity`` may be sent."""
        if SEVERITIES.index(severity) >= SEVERITIES.index(self.below):
            return moment
        local = moment.astimezone(ZoneInfo(self.zone))
        start, end = _time("start", self.start), _time("end", self.end)
        over_midnight = end < start
        inside = (local.time() >= start or local.time() < end) if over_midnight else start <= local.time() < end
        if not inside:
            return moment
        day = local.date() + timedelta(days=int(over_midnight and local.time() >= start))
        return datetime.combine(day, end, ZoneInfo(self.zone)).astimezone(moment.tzinfo)


def _time(name: str, text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError as error:
        raise ValueError(f"{name} must be a time of day as HH:MM; found {text!r}") from error
