"""One function a step, plain values in and out: the DAGs, the command line and the tests all call these.

Imports lie inside the functions: a task pays only for what it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.promotion import Promotion
    from training.registry import Registry
    from warehouse.store import Store

log = logging.getLogger(__name__)

Plain = dict[str, Any]


def ingest(start: str, end: str) -> Plain:
    """Take the events of the days ``[start, end)`` into the lake and roll them up."""
    from tessera.ingestion import ingest_window
    from tessera.settings import load
    from warehouse.windows import Window

    report = ingest_window(_store(), load(), Window.parse(start, end))
    return {
        "received": report.received,
        "accepted": report.accepted,
        "quarantined": report.quarantined,
        "duplicates": report.duplicates,
        "late": report.late,
        "reopened": [day.isoformat() for day in report.reopened],
    }


def ingested(as_of: str) -> bool:
    """Whether the day before ``as_of`` has been ingested: an empty delivery counts, a missing run does not."""
    return _day(as_of) - timedelta(days=1) in _store().dates("ingest_ledger")


def features(as_of: str) -> Plain:
    """Write the features of users and items as of a day; how many there are."""
    from tessera.assignment import write_features
    from tessera.lake import LakeSource
    from tessera.settings import load

    store = _store()
    return write_features(store, LakeSource(store, load()), _day(as_of))


def assign(as_of: str) -> Plain:
    """Write features, the segmentation in force and who belongs where, as of a day."""
    from tessera.assignment import assign_users
    from tessera.settings import load

    return assign_users(_store(), load(), _day(as_of))


def compare_segmentations(as_of: str, candidates: str | None = None, heads: bool = False) -> list[Plain]:
    """Measure ways to segment the users as of a day: those of a TOML file, or the usual ones; a row each."""
    from pathlib import Path

    from tessera.segment_comparison import SegmentComparison, load_candidates
    from tessera.settings import load

    given = load_candidates(Path(candidates)) if candidates else None
    comparison = SegmentComparison(_store(), load(), _day(as_of))
    return [row.plain() for row in comparison.run(given, heads)]


def assigned(as_of: str) -> bool:
    """Whether users have been assigned as of a day."""
    return _day(as_of) in _store().dates("segment_assignments")


def plan_training(as_of: str, segments: Sequence[str] = ()) -> list[Plain]:
    """The segments to train, each with its label and its share of the trials: those named, or all that live.

    The shares and effective settings of all living segments are written to ``tuning_budget``.

    Raises:
        TesseraError: a named segment does not live as of that day, or the segments file is wrong.
    """
    from tessera.errors import TesseraError
    from tessera.lake import LakeSource
    from tessera.membership import Membership
    from tessera.settings import load
    from tessera.tuning import plan_tuning, write_plan

    store, settings, day = _store(), load(), _day(as_of)
    plan = plan_tuning(settings, Membership(store, settings, LakeSource(store, settings), day))
    unknown = sorted(set(segments) - set(plan))
    if unknown:
        raise TesseraError(f"no segment {', '.join(unknown)} as of {as_of}: living are {', '.join(plan)}")
    write_plan(store, settings, day, plan)
    return [
        {"segment_id": segment, "label": f"{segment} · {planned.name}", "trials": planned.trials}
        for segment, planned in plan.items()
        if not segments or segment in segments
    ]


def train_global(as_of: str, reason: str = "", promote: bool = True) -> Plain:
    """Fit, evaluate, register and (unless it is proved worse) promote the parent."""
    from tessera.settings import load
    from tessera.training import GlobalTraining

    return GlobalTraining(_store(), load(), _registry(), _day(as_of), reason, promote).run()


def train_segment(
    segment: str, as_of: str, strategy: str = "configured", reason: str = "", promote: bool = True
) -> Plain:
    """Make a challenger for one segment, prove it against the live parent, register it, promote it if it is proved.

    ``configured``: the strategy that the segment's settings name.
    """
    from tessera.settings import load
    from tessera.training import SegmentTraining

    run = SegmentTraining(_store(), load(), _registry(), _day(as_of), reason, promote, segment, strategy)
    return run.run()


def summarise_training(planned: Sequence[Plain], trained: Sequence[Plain]) -> Plain:
    """Count verdicts; a segment that was planned and is missing has failed.

    Raises:
        TesseraError: names the failed segments; the others are trained and registered.
    """
    from tessera.errors import TesseraError

    done = {outcome["segment_id"]: outcome for outcome in trained}
    for outcome in done.values():
        log.info("%s v%s: %s. %s", outcome["segment_id"], outcome["version"], outcome["verdict"], outcome["reason"])
    failed = [row["label"] for row in planned if row["segment_id"] not in done]
    if failed:
        raise TesseraError(f"training failed for {'; '.join(failed)} (see their tasks); the others are registered")
    return {outcome["segment_id"]: outcome["verdict"] for outcome in done.values()}


def promote(segment: str, version: str, expected: str | None, reason: str = "") -> Promotion:
    """Let a registered version serve its segment, if the champion still is ``expected`` (``None``: there is none)."""
    from training.versions import model_name

    return _registry().promote(model_name(segment), version, expected, reason)


def rollback(segment: str, reason: str = "") -> Promotion:
    """Return a segment to the champion before the current one; without one, the parent serves."""
    from training.versions import model_name

    return _registry().rollback(model_name(segment), reason)


def monitor(as_of: str) -> Plain:
    """Measure and judge every segment; returns verdicts and what ``train_segments`` is asked for (may be empty)."""
    from tessera.monitor import monitor as measure_and_judge
    from tessera.monitor import retraining_request
    from tessera.settings import load

    found = measure_and_judge(_store(), load(), _registry(), _day(as_of))
    for segment, verdict in found.verdicts.items():
        log.info("%s: %s, %s", segment, verdict.verdict, verdict.reason)
    verdicts = {segment: verdict.verdict for segment, verdict in found.verdicts.items()}
    return {"verdicts": verdicts, "mix": found.mix.verdict, "retrain": retraining_request(found)}


def drift_mail(as_of: str, run_id: str) -> Plain | None:
    """The mail about a monitored day, or ``None`` when nothing drifted."""
    from tessera.drift_mail import drift_letter
    from tessera.settings import load

    return drift_letter(_store(), load(), _day(as_of), run_id)


def publish(as_of: str) -> Plain:
    """Write the table of recommendations and the API's snapshot as of a day."""
    from tessera.publishing import publish as write
    from tessera.settings import load

    done = write(_store(), load(), _registry(), _day(as_of))
    return {"users": done.users, "rows": done.rows, "snapshot": done.snapshot}


def _store() -> Store:
    from tessera.settings import load
    from warehouse.store import Store

    return Store(load().lake)


def _registry() -> Registry:
    from tessera.settings import load
    from training.registry import Registry

    return Registry(load().mlflow_uri, load().ledger)


def _day(as_of: str) -> date:
    return date.fromisoformat(as_of)
