"""Days that lack most of their events."""

from __future__ import annotations

import numpy as np

from monitoring.distances import Floats
from monitoring.trouble.log import Ints, Log, said
from monitoring.trouble.trouble import Trouble
from monitoring.trouble.usual import spread, usual
from monitoring.trouble_settings import TroubleSettings

_WEEKS = 5  # same weekdays that count as usual
_LEAST_WEEKS = 2
_LEAST_SPREAD = 0.05


def find_missing_days(log: Log, settings: TroubleSettings) -> list[Trouble]:
    """One trouble for all days that fall far short of their weekday's usual volume."""
    short, expected = _short_days(log.rows, settings)
    gaps = [run for run in _runs(short) if len(run) <= settings.longest_gap or not log.rows[run].any()]
    days = [day for run in gaps for day in run]
    if not days:
        return []
    dates = log.dates(days)
    brought, wanted = int(log.rows[days].sum()), float(expected[days].sum())
    return [
        Trouble(
            "missing_day",
            dates,
            f"{said(dates)} brought {brought:,} events where {wanted:,.0f} are usual for the weekday",
            "deliver the missing events and ingest the day again; nothing is to be done if the shop was closed",
        )
    ]


def _short_days(rows: Ints, settings: TroubleSettings) -> tuple[list[int], Floats]:
    """Short days, and what each day was expected to have (nan where too little is known)."""
    expected = np.full(len(rows), np.nan)
    logs: list[float] = []
    short: list[int] = []
    for day in range(len(rows)):
        weekdays = [d for d in range(day - 7, -1, -7) if d not in short][:_WEEKS]
        if len(weekdays) < _LEAST_WEEKS or (typical := usual([float(rows[d]) for d in weekdays])) < settings.least_rows:
            continue
        expected[day], apart = typical, float(np.log(max(float(rows[day]), 0.5) / typical))
        if apart < min(np.log(settings.short_day), -settings.spreads * _spread(logs, settings)):
            short.append(day)
        else:
            logs.append(apart)
    return short, expected


def _spread(logs: list[float], settings: TroubleSettings) -> float:
    return max(_LEAST_SPREAD, spread(logs)) if len(logs) >= settings.least_days else _LEAST_SPREAD


def _runs(days: list[int]) -> list[list[int]]:
    """Days that follow one another, together."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
