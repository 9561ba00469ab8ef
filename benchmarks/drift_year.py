"""False alarms, power and delay of the daily checks in a year in which nothing drifts, over twenty segments.

The simulated shop runs half a year for the calibration and then the year that is watched, with seasons, trends, new
items, newcomers and people who leave. The limits are calibrated again every 13 weeks on what was known by then, as a
quarterly `tessera calibrate` would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.quiet_shop import END, quiet_shop
from benchmarks.reporting import say
from monitoring.calibration import SegmentCalibration, calibrate, count_pasts, history_samples
from monitoring.calibration.episodes import episodes
from monitoring.calibration.history import DAYS_BACK
from monitoring.calibration.past import Days, Past
from monitoring.calibration.power import delay, habits_of, power
from monitoring.calibration.trace import trace
from monitoring.distances import Floats
from monitoring.samples import BLOCK
from monitoring.settings import DriftSettings
from warehouse.windows import Window

SEGMENTS = 20
USERS = 5000
YEAR = 364
RENEWED = 91
ONSETS = 6
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
SETTINGS = DriftSettings()
# a check needs both windows before it
BEFORE = SETTINGS.reference_days + SETTINGS.current_days


@dataclass(frozen=True)
class Quarter:
    """The calibration before 13 weeks, and per segment what every check needed and had: ``(2, days)`` factors."""

    known: dict[str, SegmentCalibration]
    checks: dict[str, Floats]


@dataclass(frozen=True)
class WatchedYear:
    """What a year of checks found: a row a segment, and the shifts that were planted into it."""

    rows: list[dict[str, Any]]
    power: list[dict[str, Any]]
    delays: list[dict[str, Any]]

    @property
    def alarms(self) -> int:
        """Episodes of all segments with calibrated limits."""
        return sum(row["alarms"] for row in self.rows)


def watch(seed: int, segments: int = SEGMENTS, users: int = USERS) -> WatchedYear:
    """Simulate, calibrate month by month, and check every day of the year."""
    history = SETTINGS.calibration.history_days
    shop = quiet_shop(segments, users, SETTINGS.reference_days + history + YEAR, seed)
    say(f"{len(shop.events):,} events of {users:,} users in {segments} segments")
    whole = history_samples(shop.events, Window.trailing(END, history + YEAR), lambda _: shop.assignment, SETTINGS)
    say("sampled")
    return conclude(whole, [quarter(whole, back) for back in range(YEAR, 0, -RENEWED)], seed)


def quarter(whole: Mapping[str, pd.DataFrame], back: int) -> Quarter:
    """Calibrate ``back`` days before the end, on half a year, and check the 13 weeks after that day."""
    known = calibrate(_pasts(whole, back, SETTINGS.calibration.history_days), SETTINGS)
    checks = {
        segment: np.stack([_needed(past), np.full(RENEWED, known[segment].factor if segment in known else 1.0)])
        for segment, past in _pasts(whole, back - RENEWED, RENEWED + BEFORE).items()
    }
    say(f"watched until {END - timedelta(days=back - RENEWED)}")
    return Quarter(known, checks)


def conclude(whole: Mapping[str, pd.DataFrame], quarters: Sequence[Quarter], seed: int) -> WatchedYear:
    """The four quarters as one year, and what shifts in it would have led to."""
    known = quarters[-1].known
    segments = sorted({s for one in quarters for s in one.checks})
    found = {s: [one.checks[s] for one in quarters if s in one.checks] for s in segments}
    rows = [_row(s, known.get(s), *np.concatenate(found[s], axis=1)) for s in segments]
    pasts = _pasts(whole, 0, YEAR)
    return WatchedYear(rows, _powers(pasts, known), _delays(pasts, known, seed))


def _pasts(whole: Mapping[str, pd.DataFrame], back: int, days: int) -> dict[str, Past]:
    """The pasts of the ``days`` that end ``back`` days before the end of the samples."""
    parts = {s: _cut(sample, back, days) for s, sample in whole.items()}
    return count_pasts({s: part for s, part in parts.items() if len(part)}, SETTINGS)


def _cut(sample: pd.DataFrame, back: int, days: int) -> pd.DataFrame:
    part = sample[(sample[DAYS_BACK] >= back) & (sample[DAYS_BACK] < back + days)]
    blocks = part[BLOCK] - back // SETTINGS.current_days
    return part.assign(**{DAYS_BACK: part[DAYS_BACK] - back, BLOCK: blocks}).reset_index(drop=True)


def _needed(past: Past) -> Floats:
    """The factor that every check of the newest quarter would have needed."""
    return trace(past, past.as_it_was(), SETTINGS).needed(SETTINGS)[-RENEWED:]


def _row(segment: str, known: SegmentCalibration | None, needed: Floats, factor: Floats) -> dict[str, Any]:
    quiet = SETTINGS.current_days
    return {
        "segment": segment,
        "users a week": known.users if known else 0,
        "rows a week": known.rows if known else 0,
        "checks": len(needed),
        "factor": known.factor if known else 1.0,
        "expected a year": known.false_alarms_per_year if known else float("nan"),
        "alarms": episodes(needed > factor, quiet),
        "alarms uncalibrated": episodes(needed > 1.0, quiet),
        "smallest shift": known.smallest_shift if known else float("nan"),
    }


def _powers(pasts: Mapping[str, Past], known: Mapping[str, SegmentCalibration]) -> list[dict[str, Any]]:
    rows = []
    for segment, past in sorted(pasts.items(), key=lambda pair: pair[1].people):
        habits = _habits(pasts, segment)
        checks = [trace(past, past.as_it_was(), SETTINGS).every(SETTINGS.current_days)]
        factor = known[segment].factor if segment in known else 1.0
        reached = {f"{share:.0%}": power(checks, habits, factor, share).detected for share in SHARES}
        rows.append({"segment": segment, "users a week": past.people, **reached})
    return rows


def _delays(pasts: Mapping[str, Past], known: Mapping[str, SegmentCalibration], seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    waits: dict[float, list[int | None]] = {share: [] for share in SHARES}
    for segment, past in sorted(pasts.items()):
        days, habits = past.as_it_was(), _habits(pasts, segment)
        factor = known[segment].factor if segment in known else 1.0
        for start in rng.integers(40, len(days.rows) - 30, ONSETS):
            for share in SHARES:
                waits[share].append(_wait(past, days, habits, share, int(start), factor))
    return [_waited(share, found) for share, found in waits.items()]


def _wait(past: Past, days: Days, habits: list[Floats], share: float, start: int, factor: float) -> int | None:
    return delay(past, days.shifted(share, habits, start), start, factor, SETTINGS)


def _waited(share: float, found: list[int | None]) -> dict[str, Any]:
    seen = [days for days in found if days is not None]
    return {
        "share of events shifted": share,
        "onsets": len(found),
        "seen within 4 weeks": len(seen) / len(found),
        "median days": float(np.median(seen)) if seen else float("nan"),
        "90 % within days": float(np.quantile(seen, 0.9)) if seen else float("nan"),
    }


def _habits(pasts: Mapping[str, Past], segment: str) -> list[Floats]:
    return habits_of(pasts[segment], [past for name, past in pasts.items() if name != segment])
