"""When an alarm begins, goes on and ends: read from the verdicts of the days, so that any rerun reads the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

News = Literal["begun", "changed", "ongoing", "over", "quiet"]

ALARMING: Final = frozenset({"drift", "data_trouble"})
QUIET: Final = "no_drift"


@dataclass(frozen=True)
class Alarm:
    """How an alarm of one segment stands at the end of the days that were read.

    Args:
        news: what the last day says: an alarm *begun*, its cause *changed*, still *ongoing*, *over* since enough quiet
            days, or nothing (*quiet*).
        cause: of the alarm; empty where none is open.
        since: the day on which it began.
        last: the last day that alarmed.
        calm: quiet days in a row since then.
    """

    news: News = "quiet"
    cause: str = ""
    since: date | None = None
    last: date | None = None
    calm: int = 0

    @property
    def open(self) -> bool:
        """Whether the alarm goes on."""
        return self.since is not None and self.news != "over"


def follow(days: Iterable[tuple[date, str, str]], recovery_days: int) -> Alarm:
    """The alarm of one segment after ``(day, verdict, cause)`` of its monitored days, oldest first.

    An alarm ends after ``recovery_days`` quiet days in a row; a day with too little data neither alarms nor calms.
    """
    state = Alarm()
    for day, verdict, cause in days:
        state = _next(state if state.open else Alarm(), day, verdict, cause, recovery_days)
    return state


def _next(state: Alarm, day: date, verdict: str, cause: str, recovery_days: int) -> Alarm:
    if verdict in ALARMING:
        if state.since is None:
            return Alarm("begun", cause, day, day)
        return replace(state, news="ongoing" if cause == state.cause else "changed", cause=cause, last=day, calm=0)
    if state.since is None:
        return state
    calm = state.calm + (verdict == QUIET)
    return replace(state, news="over" if calm >= recovery_days else "quiet", calm=calm)
