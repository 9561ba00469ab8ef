"""Values that vanished while a value never seen took their share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.distances import Floats
from monitoring.trouble.log import Log, said
from monitoring.trouble.trouble import Trouble
from monitoring.trouble_settings import TroubleSettings

_SIMILAR = 2.0  # the new value's share is the old one's within this factor


def find_renames(log: Log, settings: TroubleSettings) -> list[Trouble]:
    """One trouble for every column in which a value changed its name."""
    known = [name for name in settings.columns if name in log.frame and log.frame[name].dtype.kind not in "fiub"]
    return [trouble for name in known if (trouble := _find(log, name, settings))]


def _find(log: Log, column: str, settings: TroubleSettings) -> Trouble | None:
    shares, values = _daily_shares(log, column, settings.least_rows)
    broken: dict[int, dict[int, int]] = {}
    healthy: list[int] = []
    for day in np.flatnonzero(~np.isnan(shares).any(axis=1)).tolist():
        pairs = _renamed(shares[day], shares[healthy], settings) if len(healthy) >= settings.least_days else {}
        if pairs:
            broken[day] = pairs
        else:
            healthy.append(day)
    return _trouble(log, column, values, broken, shares) if broken else None


def _trouble(log: Log, column: str, values: list[str], broken: dict[int, dict[int, int]], shares: Floats) -> Trouble:
    dates = log.dates(broken)
    first = min(broken)
    new, old = next(iter(broken[first].items()))
    before, after = float(np.nanmedian(shares[:first, old])), float(shares[first, new])
    names = {values[new]: values[old] for pairs in broken.values() for new, old in pairs.items()}
    arrows = ", ".join(f"{new} → {old}" for new, old in names.items())
    return Trouble(
        "renamed_value",
        dates,
        f"{column}: '{values[old]}' had {before:.0%} of the events and vanished, '{values[new]}', never seen before, "
        f"came with {after:.0%} on {said(dates)}",
        f"if only the name is new, map it back in the mapping of the source and ingest these days again: {arrows}",
        column=column,
        renamed=names,
    )


def _daily_shares(log: Log, column: str, least_rows: int) -> tuple[Floats, list[str]]:
    """The share of every value among the known ones, shape ``(days, values)``; nan on days with few rows."""
    codes, values = pd.factorize(log.frame[column])
    known = codes >= 0
    flat = log.day[known] * len(values) + codes[known]
    counts = np.bincount(flat, minlength=log.span.length * len(values)).reshape(log.span.length, len(values))
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals >= least_rows, counts / np.maximum(totals, 1), np.nan), [str(value) for value in values]


def _renamed(today: Floats, before: Floats, settings: TroubleSettings) -> dict[int, int]:
    """New value to the old one it replaced, the largest first."""
    typical: Floats = np.median(before, axis=0)
    vanished = _largest((typical >= settings.named) & (today <= settings.gone * typical), typical)
    fresh = _largest((today >= settings.named / _SIMILAR) & (before.max(axis=0) <= settings.gone * today), today)
    pairs = zip(fresh, vanished, strict=False)
    return {new: old for new, old in pairs if 1 / _SIMILAR <= today[new] / typical[old] <= _SIMILAR}


def _largest(chosen: NDArray[np.bool_], size: Floats) -> list[int]:
    places = np.flatnonzero(chosen)
    return [int(place) for place in places[np.argsort(-size[places], kind="stable")]]
