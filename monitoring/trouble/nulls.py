"""Columns that stopped being filled."""

from __future__ import annotations

import numpy as np

from monitoring.trouble.log import Log, said
from monitoring.trouble.trouble import Trouble
from monitoring.trouble.usual import jumps, usual_before
from monitoring.trouble_settings import TroubleSettings


def find_null_columns(log: Log, settings: TroubleSettings) -> list[Trouble]:
    """One trouble for every column whose share of nulls jumped."""
    known = [name for name in settings.columns if name in log.frame]
    return [trouble for name in known if (trouble := _find(log, name, settings))]


def _find(log: Log, column: str, settings: TroubleSettings) -> Trouble | None:
    shares = log.share(log.frame[column].isna().to_numpy(), settings.least_rows)
    days = jumps(shares, settings.nulls, settings)
    if not days:
        return None
    dates = log.dates(days)
    empty = float(np.nanmean(shares[days]))
    return Trouble(
        "null_column",
        dates,
        f"{column} is empty in {empty:.0%} of the events of {said(dates)}, usually in {usual_before(shares, days):.0%}",
        f"repair the source of {column} and ingest these days again; until then {column} is not compared",
        column=column,
    )
