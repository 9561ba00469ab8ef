"""Calibrations as rows of table ``drift_calibration``, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

import pandas as pd

from monitoring.calibration.calibrate import SegmentCalibration
from monitoring.settings import DriftSettings
from warehouse import columns as c
from warehouse.schemas import TABLES


def calibration_table(found: Mapping[str, SegmentCalibration], as_of: date, settings: DriftSettings) -> pd.DataFrame:
    """One row a segment; ``budget`` and ``seed`` say what it was calibrated for and by which draws."""
    shared = {c.AS_OF: as_of, "budget": settings.calibration.false_alarms_per_year, "seed": settings.seed}
    rows = [{**shared, c.SEGMENT: s, **asdict(one)} for s, one in sorted(found.items())]
    return pd.DataFrame.from_records(rows, columns=TABLES["drift_calibration"].schema.names)
