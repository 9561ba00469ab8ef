"""Events that were delivered once more under new ids, which no deduplication by id can notice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.trouble.log import Log, said
from monitoring.trouble.trouble import Trouble
from monitoring.trouble.usual import jumps, usual_before
from monitoring.trouble_settings import TroubleSettings
from warehouse import columns as c

CONTENT = [c.USER, c.ITEM, c.TYPE, c.TS]


def find_doubled_days(log: Log, settings: TroubleSettings) -> list[Trouble]:
    """One trouble for all days on which far more rows than usual repeat another one's content."""
    shares = log.share(repeats(log.frame), settings.least_rows)
    days = jumps(shares, settings.copies, settings)
    if not days:
        return []
    dates = log.dates(days)
    copies = float(np.nanmean(shares[days]))
    return [
        Trouble(
            "doubled_day",
            dates,
            f"{copies:.0%} of the events of {said(dates)} repeat another one's user, item, type and time under a new "
            f"id; {usual_before(shares, days):.1%} do usually",
            "ask the source why it delivered twice, deliver the day once and ingest it again",
        )
    ]


def repeats(events: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each row repeats the content of another; the row with the smallest id is the original."""
    order = events[c.EVENT].astype(str).to_numpy(dtype=object).argsort(kind="stable")
    later = events[CONTENT].iloc[order].duplicated().to_numpy()
    marked = np.zeros(len(events), dtype=np.bool_)
    marked[order] = later
    return marked
