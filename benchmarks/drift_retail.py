"""False alarms of the daily checks on Online Retail: a real shop's year, segments by how often somebody has come.

The limits are calibrated on the first half. In the second half nothing is known to have drifted and much really
changes (Christmas): what alarms there is shown as it is. In made-up years of the second half nothing moves, so every
alarm is false.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.reporting import DEFAULT_DATA, data_folder, say
from monitoring.calibration import SegmentCalibration, calibrate, count_pasts, history_samples
from monitoring.calibration.episodes import episodes
from monitoring.calibration.past import Past
from monitoring.calibration.power import habits_of, power
from monitoring.calibration.trace import trace
from monitoring.paid import with_paid
from monitoring.settings import DriftSettings
from warehouse import columns as c
from warehouse.windows import Window

_FOLDER, _FILES = "online-retail", ("events.parquet", "items.parquet")
SETTINGS = DriftSettings()
END = date(2011, 12, 10)
HALF = 168
BANDS = {1: "once", 2: "2-4 times", 5: "5-9 times", 10: "10 and more"}
YEARS = 20
SHARES = (0.1, 0.2, 0.4)


def shop() -> Path:
    """The folder of the data; ends the program with advice when it is missing."""
    return data_folder(_FOLDER, _FILES)


def is_here() -> bool:
    """Whether the data are there."""
    return all((DEFAULT_DATA / _FOLDER / file).exists() for file in _FILES)


def retail() -> list[dict[str, Any]]:
    """One row a segment."""
    events = _read(shop())
    visits = events.assign(day=events[c.TS].dt.date)[[c.USER, "day"]].drop_duplicates()
    bands = _Bands(visits)
    whole = history_samples(events, Window.trailing(END, 2 * HALF), bands.at, SETTINGS)
    say(f"{sum(map(len, whole.values())):,} sampled events in {len(whole)} segments")
    known = calibrate(_half(whole, HALF), SETTINGS)
    later = _half(whole, 0)
    return [_row(s, later[s], known.get(s)) for s in sorted(later)]


class _Bands:
    """On how many days each user has bought before a day, in bands."""

    def __init__(self, visits: pd.DataFrame) -> None:
        self.visits = visits

    def at(self, day: date) -> pd.Series[str]:
        seen = self.visits[self.visits["day"] < day].groupby(c.USER).size()
        starts = np.array(list(BANDS))
        names = np.array([f"{number} {name}" for number, name in enumerate(BANDS.values(), 1)], dtype=object)
        return pd.Series(names[np.searchsorted(starts, seen.to_numpy(), side="right") - 1], index=seen.index)


def _read(folder: Path) -> pd.DataFrame:
    events = pd.read_parquet(folder / "events.parquet").reset_index(drop=True)
    events = events[events[c.USER].notna()]
    items = pd.read_parquet(folder / "items.parquet").set_index(c.ITEM)
    events[c.PRICE] = items["median_price"].reindex(events[c.ITEM]).to_numpy()
    events[c.TS] = pd.to_datetime(events[c.TS], utc=True)
    events[c.EVENT] = events.index.astype(str)
    return with_paid(events)


def _half(whole: dict[str, pd.DataFrame], back: int) -> dict[str, Past]:
    parts = {}
    for segment, sample in whole.items():
        part = sample[(sample["days_back"] >= back) & (sample["days_back"] < back + HALF)]
        blocks = part["block"] - back // SETTINGS.current_days
        parts[segment] = part.assign(days_back=part["days_back"] - back, block=blocks).reset_index(drop=True)
    return count_pasts(parts, SETTINGS)


def _row(segment: str, past: Past, known: SegmentCalibration | None) -> dict[str, Any]:
    factor, quiet = known.factor if known else 1.0, SETTINGS.current_days
    days = 365 + SETTINGS.reference_days + quiet
    years = [trace(past, past.made_up(days, np.random.default_rng((1, n))), SETTINGS) for n in range(YEARS)]
    needed = [year.needed(SETTINGS)[:365] for year in years]
    real = trace(past, past.as_it_was(), SETTINGS)
    # people of all bands buy much alike: the shift goes to habits that nobody has
    checks, habits = [real.every(quiet)], habits_of(past, [])
    return {
        "segment": segment,
        "users a week": past.people,
        "rows a week": past.current_rows,
        "factor": factor,
        "false a year": sum(episodes(one > factor, quiet) for one in needed) / YEARS,
        "false a year uncalibrated": sum(episodes(one > 1.0, quiet) for one in needed) / YEARS,
        f"alarms in {len(real.enough)} real days": episodes(real.needed(SETTINGS) > factor, quiet),
        "the same uncalibrated": episodes(real.needed(SETTINGS) > 1.0, quiet),
        **{f"power at {share:.0%}": power(checks, habits, factor, share).detected for share in SHARES},
    }
