"""The events without what is wrong with them, so that the rest can still be compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.trouble.copies import repeats
from monitoring.trouble.trouble import Trouble
from warehouse import columns as c
from warehouse.windows import midnight


def without_trouble(events: pd.DataFrame, troubles: Sequence[Trouble]) -> pd.DataFrame:
    """The events without broken days, second copies and bots; renamed values carry their old names again.

    A column with a ``null_column`` is emptied on every day, which the comparison reads as "never filled". Call it
    before popularity is computed and samples are drawn. Columns and the order of rows stay.
    """
    for trouble in troubles:
        events = _healed(events, trouble)
    return events


def without_suspects(assignment: pd.Series[str], troubles: Sequence[Trouble]) -> pd.Series[str]:
    """An assignment (user id → segment id) without the accounts of a wave of bots."""
    suspects = frozenset[str]().union(*(trouble.users for trouble in troubles))
    return assignment[~assignment.index.isin(suspects)] if suspects else assignment


def _healed(events: pd.DataFrame, trouble: Trouble) -> pd.DataFrame:
    match trouble.kind:
        case "missing_day":
            return events[~_on(events, trouble)]
        case "doubled_day":
            broken = _on(events, trouble)
            copies = np.zeros(len(events), dtype=np.bool_)
            copies[broken] = repeats(events[broken])
            return events[~copies]
        case "null_column":
            return events.assign(
                **{trouble.column: events[trouble.column].where(np.zeros(len(events), dtype=np.bool_))}
            )
        case "renamed_value":
            return events.assign(**{trouble.column: events[trouble.column].replace(dict(trouble.renamed))})
        case "bot_wave":
            return events[~events[c.USER].isin(trouble.users)]


def _on(events: pd.DataFrame, trouble: Trouble) -> NDArray[np.bool_]:
    days = [pd.Timestamp(midnight(day)) for day in trouble.days]
    broken: NDArray[np.bool_] = events[c.TS].dt.floor("D").isin(days).to_numpy(dtype=np.bool_)
    return broken
