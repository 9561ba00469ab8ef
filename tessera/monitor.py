"""The monitoring step: one measurement per segment, verdicts, what is to be done, and the mail about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from monitoring.actions import plan_actions
from monitoring.alerts import alert
from monitoring.drift import measure_all
from monitoring.measurement import SegmentMeasurement
from monitoring.mix import measure_mix
from monitoring.popularity import with_popularity
from monitoring.report import KeptReport, keep_reports
from monitoring.samples import SegmentSample, plan_windows, segment_samples
from monitoring.settings import DriftSettings
from monitoring.verdict_table import verdict_table
from monitoring.verdicts import Verdict, judge, judge_mix
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from training.registry import Registry
from training.versions import GLOBAL, model_name
from warehouse.store import Store
from warehouse.windows import Window

MIX = "all"


@dataclass(frozen=True)
class Monitoring:
    """What one monitoring run found; every mapping is by segment id."""

    as_of: date
    verdicts: dict[str, Verdict]
    measurements: dict[str, SegmentMeasurement]
    mix: Verdict
    reports: dict[str, KeptReport]


def monitor(store: Store, settings: Settings, registry: Registry, as_of: date) -> Monitoring:
    """Measure and judge every segment as of a day, and write both tables and the reports."""
    source = LakeSource(store, settings)
    membership = Membership(store, settings, source, as_of)
    samples = _samples(source, membership, settings, _references(registry, membership.segments()), as_of)
    measurements = measure_all(samples, settings.drift)
    verdicts = judge(measurements, settings.drift, _earlier(store, settings, as_of))
    mix = _mix(membership, settings, as_of)
    reports = keep_reports(measurements, verdicts, settings.reports / as_of.isoformat())
    found = Monitoring(as_of, verdicts, measurements, mix, reports)
    _write(store, settings, found, membership.names())
    return found


def retraining_request(found: Monitoring) -> dict[str, Any]:
    """Parameters for ``train_segments``: the drifted segments alone, or everything; empty: nothing to do."""
    actions = plan_actions(found.verdicts, found.mix)
    if not (actions.retrain_segments or actions.retrain_parent):
        return {}
    # a new parent needs every segment proved on it again: no names means all
    segments = [] if actions.retrain_parent else list(actions.retrain_segments)
    reasons = [f"{s}: {v.reason}" for s, v in found.verdicts.items() if v.verdict == "drift"]
    reason = f"{drift_reason(found.as_of)}: " + " | ".join(reasons)
    return {"segments": segments, "as_of": found.as_of.isoformat(), "reason": reason[:500]}


def drift_reason(as_of: date) -> str:
    """How the reason of every training begins that a day's drift asked for; the mail knows its retrainings by it."""
    return f"drift as of {as_of}"


def findings_file(settings: Settings, as_of: date) -> Path:
    """Where a run keeps what its mail needs."""
    return settings.reports / as_of.isoformat() / "findings.json"


def _references(registry: Registry, segments: list[str]) -> dict[str, date | None]:
    """As of when the model that serves each segment was trained."""
    parent = registry.champion(model_name(GLOBAL))
    base = parent.as_of if parent else None
    champions = {segment: registry.champion(model_name(segment)) for segment in segments}
    return {segment: own.as_of if own else base for segment, own in champions.items()}


def _samples(
    source: LakeSource,
    membership: Membership,
    settings: Settings,
    references: Mapping[str, date | None],
    as_of: date,
) -> dict[str, SegmentSample]:
    """Segments whose champions were trained at the same day share one reading of the windows."""
    samples: dict[str, SegmentSample] = {}
    for champion_as_of in sorted(set(references.values()), key=str):
        windows = plan_windows(as_of, settings.drift, champion_as_of)
        events = _watched_events(source, windows, settings.drift)
        assigned = (membership.at(windows[0].end), membership.at(windows[1].end))
        drawn = segment_samples(events, windows, assigned, settings.drift)
        samples |= {s: drawn[s] for s, trained in references.items() if trained == champion_as_of and s in drawn}
    return samples


def _watched_events(source: LakeSource, windows: tuple[Window, Window], settings: DriftSettings) -> pd.DataFrame:
    # popularity is what came before, so reading begins one reference window earlier
    span = Window(Window.trailing(windows[0].start, settings.reference_days).start, windows[1].end)
    return with_popularity(source.watched(span), windows, settings)


def _mix(membership: Membership, settings: Settings, as_of: date) -> Verdict:
    windows = plan_windows(as_of, settings.drift)
    sides = [membership.at(window.end).rename("segment_id").rename_axis("user_id").reset_index() for window in windows]
    return judge_mix(measure_mix(sides[0], sides[1], settings.drift), settings.drift)


def _earlier(store: Store, settings: Settings, as_of: date) -> dict[str, list[bool]]:
    """Whether each segment had moved in the monitoring runs before this one, oldest first."""
    _, n = settings.drift.k_of_n
    if n == 1 or not store.exists("drift_verdicts"):
        return {}
    rows = store.frame("drift_verdicts", window=Window.trailing(as_of, n - 1)).sort_values("as_of")
    return {str(s): list(part["share_drifted"] > 0) for s, part in rows.groupby("segment_id")}


def _write(store: Store, settings: Settings, found: Monitoring, names: Mapping[str, str]) -> None:
    day = Window.day(found.as_of)
    rows = [m.frame(found.as_of, s) for s, m in sorted(found.measurements.items())]
    store.replace("drift_measurements", pd.concat(rows, ignore_index=True), day)
    reference = f"{settings.drift.reference_days} days before the champion"
    verdicts = found.verdicts | {MIX: found.mix}
    store.replace("drift_verdicts", verdict_table(verdicts, found.as_of, reference, found.reports), day)
    _keep_findings(settings, found, names)


def _keep_findings(settings: Settings, found: Monitoring, names: Mapping[str, str]) -> None:
    alarmed = [s for s, v in found.verdicts.items() if v.verdict == "drift"]
    alerts = [alert(s, names.get(s, s), found.verdicts[s], found.measurements[s]) for s in alarmed]
    verdicts = {s: asdict(v) for s, v in (found.verdicts | {MIX: found.mix}).items()}
    kept = {"verdicts": verdicts, "alerts": [asdict(item) for item in alerts], "names": dict(names)}
    file = findings_file(settings, found.as_of)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, default=str))
