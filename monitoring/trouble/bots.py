"""Waves of accounts that act like no person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.trouble.log import Ints, Log, said
from monitoring.trouble.trouble import Trouble
from monitoring.trouble.usual import jumps, usual_before
from monitoring.trouble_settings import TroubleSettings


def find_bot_waves(log: Log, settings: TroubleSettings) -> list[Trouble]:
    """One trouble for all days on which accounts that never sleep, or never pause, have far more events than usual."""
    inhuman = _inhuman(log, settings)
    shares = log.share(inhuman, settings.least_rows)
    days = jumps(shares, settings.bots, settings)
    if not days:
        return []
    user, names = log.user
    wave = np.unique(user[inhuman & np.isin(log.day, days)])
    if len(wave) < settings.accounts:
        return []
    dates = log.dates(days)
    return [
        Trouble(
            "bot_wave",
            dates,
            f"{len(wave)} accounts act like no person (round the clock or without a pause) and have "
            f"{float(np.nanmean(shares[days])):.0%} of the events of {said(dates)}; "
            f"{usual_before(shares, days):.1%} are usual",
            "block these accounts at the source; they are left out of the comparison",
            users=frozenset(str(name) for name in names[wave]),
        )
    ]


def _inhuman(log: Log, settings: TroubleSettings) -> NDArray[np.bool_]:
    """Whether each event belongs to a day of a user on which no person could have acted so."""
    user = log.user[0]
    user_days, place = np.unique(user * log.span.length + log.day, return_inverse=True)
    # an order of three hundred lines is one moment of a person's day
    moments, hours = (
        _distinct(user, when, places, place, len(user_days))
        for when, places in ((log.second, 86_400 * log.span.length), (log.hour, 24 * log.span.length))
    )
    sleepless = (hours >= settings.awake_hours) & (moments >= settings.awake_events)
    restless = moments >= settings.hourly_events * hours
    return (sleepless | restless)[place]


def _distinct(user: Ints, when: Ints, places: int, user_day: Ints, count: int) -> Ints:
    """How many different times ``when`` (below ``places``) each of ``count`` user-days has."""
    _, first = np.unique(user * places + when, return_index=True)
    return np.bincount(user_day[first], minlength=count).astype(np.int64)
