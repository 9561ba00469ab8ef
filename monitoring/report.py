"""Where Evidently's results are kept: a JSON snapshot always, the HTML page (4 MB) only for a drifted segment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitoring.measurement import SegmentMeasurement
from monitoring.verdicts import Verdict


@dataclass(frozen=True)
class KeptReport:
    """The files of one segment: ``snapshot`` is None when nothing was measured, ``html`` when nothing drifted."""

    snapshot: Path | None
    html: Path | None


def save_html(measurement: SegmentMeasurement, path: Path) -> Path:
    """Write Evidently's page of one segment to ``path``, atomically; works without internet.

    Raises:
        ValueError: if the segment had too little data, so that there is no page.
    """
    if measurement.snapshot is None:
        raise ValueError("there is no report to write: the segment had too little data to be measured")
    return _write(path, measurement.snapshot.get_html_str(as_iframe=False))


def save_json(measurement: SegmentMeasurement, path: Path) -> Path:
    """Write Evidently's values and tests of one segment as JSON (15 KB) to ``path``, atomically."""
    if measurement.snapshot is None:
        raise ValueError("there is no snapshot to write: the segment had too little data to be measured")
    return _write(path, measurement.snapshot.json())


def keep_reports(
    measurements: Mapping[str, SegmentMeasurement], verdicts: Mapping[str, Verdict], folder: Path
) -> dict[str, KeptReport]:
    """Keep every segment's snapshot in ``folder`` as ``<segment>.json``, and ``<segment>.html`` where it drifted.

    A page of an earlier run of the same window that is no longer due is removed, so that a rerun leaves the same files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {s: _keep(m, verdicts[s], folder / s) for s, m in sorted(measurements.items())}


def _keep(m: SegmentMeasurement, verdict: Verdict, stem: Path) -> KeptReport:
    snapshot, html = stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.html")
    measured, drifted = m.snapshot is not None, verdict.verdict == "drift"
    for path, due in ((snapshot, measured), (html, measured and drifted)):
        if not due:
            path.unlink(missing_ok=True)
    return KeptReport(
        save_json(m, snapshot) if measured else None, save_html(m, html) if measured and drifted else None
    )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    return draft.replace(path)
