"""The monitoring step: one measurement per segment, verdicts, and what is kept for the mail about them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from monitoring.alerts import alert
from monitoring.drift import measure_all
from monitoring.measurement import SegmentMeasurement
from monitoring.quality import QualityMeasurement, add_quality, quality_table
from monitoring.report import KeptReport, keep_reports
from monitoring.seasons import with_season
from monitoring.trouble import Trouble
from monitoring.verdict_table import verdict_table
from monitoring.verdicts import Verdict, is_moved, judge, judge_mix
from tessera.errors import NotReadyError
from tessera.monitored_day import MonitoredDay
from tessera.quality import measure_served_quality
from tessera.recorded_quality import recorded_quality
from tessera.reference import recorded_reference
from tessera.settings import Settings
from training.registry import Registry
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)

MIX = "all"


@dataclass(frozen=True)
class Monitoring:
    """What one monitoring run found; every mapping is by segment id."""

    as_of: date
    verdicts: dict[str, Verdict]
    measurements: dict[str, SegmentMeasurement]
    mix: Verdict
    reports: dict[str, KeptReport]
    quality: dict[str, QualityMeasurement]

    @property
    def rows(self) -> dict[str, Verdict]:
        """All verdicts, that over everybody under :data:`MIX`."""
        return self.verdicts | {MIX: self.mix}


def monitor(store: Store, settings: Settings, registry: Registry, as_of: date, anew: bool = False) -> Monitoring:
    """Measure and judge every segment as of a day, and write both tables and the reports.

    A day that was judged before is judged again by what it was judged by (champions and versions of the tables), so
    its verdicts stay equal whatever was promoted or delivered since; ``anew`` takes today's instead.
    """
    day = MonitoredDay(store, settings, registry, as_of, None if anew else recorded_reference(store, as_of))
    measurements = _measured(day)
    quality = _quality(day)
    verdicts = add_quality(judge(measurements, settings.drift, _earlier(day, sorted(measurements))), quality)
    mix = with_trouble(judge_mix(day.mix, settings.drift), day.troubles)
    reports = keep_reports(measurements, verdicts, settings.reports / as_of.isoformat())
    found = Monitoring(as_of, verdicts, measurements, mix, reports, quality)
    _write(day, found)
    return found


def findings_file(settings: Settings, as_of: date) -> Path:
    """Where a run keeps what its mail needs."""
    return settings.reports / as_of.isoformat() / "findings.json"


def with_trouble(mix: Verdict, troubles: tuple[Trouble, ...]) -> Verdict:
    """The verdict over everybody: trouble with the data goes before the mix, since nobody clusters broken data again.

    The segments themselves are judged on what is left without the trouble.
    """
    if not troubles:
        return mix
    told = "; ".join(f"{trouble.reason}: {trouble.advice}" for trouble in troubles)
    return replace(mix, verdict="data_trouble", cause="data", reason=told, share_drifted=0.0)


def _measured(day: MonitoredDay) -> dict[str, SegmentMeasurement]:
    """Every segment's measurement; where something moved, held against what the same weeks of last year did."""
    drift = day.settings.drift
    found = measure_all(day.samples, drift, day.factors)
    moved = [segment for segment, measurement in found.items() if is_moved(measurement, drift)]
    year_ago = day.year_ago(moved) if moved else {}
    return with_season(found, measure_all(year_ago, drift), drift) if year_ago else found


def _quality(day: MonitoredDay) -> dict[str, QualityMeasurement]:
    if day.recorded is not None:
        return recorded_quality(day.store, day.as_of)
    return measure_served_quality(day.store, day.settings, day.registry, day.as_of)


def _earlier(day: MonitoredDay, segments: list[str]) -> dict[str, list[bool]]:
    """Whether each segment had moved on the days before this one, oldest first.

    A day that nobody has judged yet is measured for it, so the answer does not hang on the order of runs.
    """
    _, n = day.settings.drift.k_of_n
    moved = [_moved(day, day.as_of - timedelta(days=back)) for back in range(n - 1, 0, -1)]
    return {segment: [one[segment] for one in moved if segment in one] for segment in segments}


def _moved(day: MonitoredDay, before: date) -> dict[str, bool]:
    if before in day.store.dates("drift_verdicts"):
        rows = day.store.frame("drift_verdicts", window=Window.day(before), columns=["segment_id", "share_drifted"])
        share = rows.set_index("segment_id")["share_drifted"]
        return {str(s): bool(moved) for s, moved in ((share > 0) & (share >= day.settings.drift.share)).items()}
    log.info("%s was never judged: it is measured for the days after it", before)
    try:
        measured = _measured(replace(day, as_of=before, recorded=None))
    except NotReadyError:
        return {}
    return {s: is_moved(m, day.settings.drift) for s, m in measured.items()}


def _write(day: MonitoredDay, found: Monitoring) -> None:
    window = Window.day(found.as_of)
    rows = [m.frame(found.as_of, s) for s, m in sorted(found.measurements.items())]
    day.store.replace("drift_measurements", pd.concat(rows, ignore_index=True), window)
    if found.quality:
        day.store.replace("quality_measurements", quality_table(found.quality, found.as_of), window)
    _keep_findings(day.settings, found, day.membership.names())
    # last: verdicts of a day mean that everything about it is written
    day.store.replace("drift_verdicts", verdict_table(found.rows, found.as_of, day.compared(), found.reports), window)


def _keep_findings(settings: Settings, found: Monitoring, names: Mapping[str, str]) -> None:
    alarmed = [s for s, v in found.verdicts.items() if v.verdict == "drift"]
    alerts = [alert(s, names.get(s, s), found.verdicts[s], found.measurements[s]) for s in alarmed]
    verdicts = {s: asdict(v) for s, v in found.rows.items()}
    kept = {"verdicts": verdicts, "alerts": [asdict(item) for item in alerts], "names": dict(names)}
    file = findings_file(settings, found.as_of)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, default=str))
