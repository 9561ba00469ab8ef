"""Verdicts as rows of table ``drift_verdicts``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

import pandas as pd

from monitoring.report import KeptReport
from monitoring.verdicts import Verdict
from warehouse import columns as c
from warehouse.schemas import TABLES


def verdict_table(
    verdicts: Mapping[str, Verdict], as_of: date, reference: str, reports: Mapping[str, KeptReport]
) -> pd.DataFrame:
    """One row per segment. ``reference`` names what was compared with: a window, or the champion's snapshot.

    ``report`` is the path of the HTML page of a drifted segment, empty otherwise.
    """
    shared = {c.AS_OF: as_of, "reference": reference}
    rows = [{**shared, **asdict(v), c.SEGMENT: s, "report": _page(reports, s)} for s, v in sorted(verdicts.items())]
    return pd.DataFrame.from_records(rows, columns=TABLES["drift_verdicts"].schema.names)


def _page(reports: Mapping[str, KeptReport], segment: str) -> str:
    kept = reports.get(segment)
    return str(kept.html) if kept and kept.html else ""
