"""Calibrated verdicts: how often quiet segments would alarm, and which shifts would still be seen."""

from monitoring.calibration.calibrate import SegmentCalibration, calibrate, calibrate_segment
from monitoring.calibration.counting import count_pasts
from monitoring.calibration.history import history_samples, history_window

__all__ = [
    "SegmentCalibration",
    "calibrate",
    "calibrate_segment",
    "count_pasts",
    "history_samples",
    "history_window",
]
