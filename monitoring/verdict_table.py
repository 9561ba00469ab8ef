"""Verdicts as rows of table ``drift_verdicts``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from monitoring.report import KeptReport
from monitoring.verdicts import Verdict
from warehouse import columns as c
from warehouse.schemas import TABLES


@dataclass(frozen=True)
class Compared:
    """What a segment was compared with.

    ``reference``: the window in words. ``champion_as_of``: of the champion that it ends with; ``None`` where there was
    none. ``snapshots``: the Delta version of every table that was read, as JSON.
    """

    reference: str = ""
    champion_as_of: date | None = None
    snapshots: str = ""


def verdict_table(
    verdicts: Mapping[str, Verdict], as_of: date, compared: Mapping[str, Compared], reports: Mapping[str, KeptReport]
) -> pd.DataFrame:
    """One row per segment, which says what it was compared with: judged again by that, it is the same row.

    ``report`` is the path of the HTML page of a drifted segment, empty otherwise.
    """
    rows = [
        {c.AS_OF: as_of, c.SEGMENT: s, **asdict(v), **asdict(compared.get(s, Compared())), "report": _page(reports, s)}
        for s, v in sorted(verdicts.items())
    ]
    return pd.DataFrame.from_records(rows, columns=TABLES["drift_verdicts"].schema.names)


def _page(reports: Mapping[str, KeptReport], segment: str) -> str:
    kept = reports.get(segment)
    return str(kept.html) if kept and kept.html else ""
