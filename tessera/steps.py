"""One function a step, plain values in and out: the DAGs, the command line and the tests all call these.

Imports lie inside the functions: a task pays only for what it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
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


def train_global(as_of: str, reason: str = "", promote: bool = True, drift: Plain | None = None) -> Plain:
    """Fit, evaluate, register and (unless it is proved worse) promote the parent.

    ``drift``: the monitoring run that asked for it, see :class:`tessera.drift_request.DriftRequest`.
    """
    from tessera.drift_request import DriftRequest
    from tessera.settings import load
    from tessera.training import GlobalTraining

    asked = DriftRequest.of(drift)
    return GlobalTraining(_store(), load(), _registry(), _day(as_of), reason, promote, drift=asked).run()


def train_segment(
    segment: str,
    as_of: str,
    strategy: str = "configured",
    reason: str = "",
    promote: bool = True,
    drift: Plain | None = None,
) -> Plain:
    """Make a challenger for one segment, prove it against the live parent, register it, promote it if it is proved.

    ``configured``: the strategy that the segment's settings name. ``drift``: as for :func:`train_global`.
    """
    from tessera.drift_request import DriftRequest
    from tessera.settings import load
    from tessera.training import SegmentTraining

    asked = DriftRequest.of(drift)
    given = (_store(), load(), _registry(), _day(as_of), reason, promote, segment, strategy)
    return SegmentTraining(*given, drift=asked).run()


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


def move_champion(segment: str, action: str, version: str, expected: str | None, reason: str = "") -> Plain:
    """What a person asked for: ``promote`` a version or ``rollback``, if the champion still is ``expected``.

    Raises:
        TesseraError: an unknown segment or version, or the move was refused, with the reason.
    """
    from tessera.champion_moves import move

    return move(_registry(), segment, action, version, expected, reason)


def monitor(as_of: str, anew: bool = False) -> Plain:
    """Measure and judge every segment; a day that was judged before by the same tables, unless ``anew``."""
    from tessera.monitor import monitor as measure_and_judge
    from tessera.settings import load

    found = measure_and_judge(_store(), load(), _registry(), _day(as_of), anew)
    for segment, verdict in found.rows.items():
        log.info("%s: %s, %s", segment, verdict.verdict, verdict.reason)
    return {"verdicts": {s: v.verdict for s, v in found.verdicts.items()}, "mix": found.mix.verdict}


def calibrate(as_of: str, advance: Callable[[str], None] = lambda _: None) -> list[Plain]:
    """Calibrate the limits of every segment on what lies before a day; a row each. ``advance`` hears of each."""
    from dataclasses import asdict

    from tessera.calibration import calibrate_segments
    from tessera.settings import load

    found = calibrate_segments(_store(), load(), _day(as_of), advance)
    return [{"segment_id": segment, **asdict(one)} for segment, one in found.items()]


def plan_actions(as_of: str, run_id: str, write: bool = True) -> Plain:
    """Decide what a monitored day's verdicts lead to; ``retrain``: what ``train_segments`` is asked for (may be empty).

    Written to ``drift_actions`` before anything is done; planned again, what was done is not asked for again.
    """
    from tessera.drift_actions import DriftActions
    from tessera.settings import load

    plan = DriftActions(_store(), load(), _registry(), _day(as_of), run_id).plan(write)
    for segment, action in plan["actions"].items():
        log.info("%s: %s", segment, action)
    return plan


def retrainings(as_of: str, run_id: str) -> list[Plain]:
    """What is to be retrained for a monitored day's drift: no run of ``train_segments``, or one with its id."""
    from tessera.drift_actions import training_run_id

    asked = plan_actions(as_of, run_id)["retrain"]
    return [{"trigger_run_id": training_run_id(asked), "conf": asked}] if asked else []


def approvals(as_of: str) -> list[Plain]:
    """Which proved models wait for a person: runs of ``approve_promotion`` with their ids."""
    from tessera.approvals import approval_requests

    return approval_requests(_store(), _registry(), _day(as_of))


def letters(as_of: str, run_id: str) -> list[Plain]:
    """The letters about a monitored day as they would be posted; none when there is nothing to say."""
    from dataclasses import asdict

    from tessera.alerting import compose_letters
    from tessera.post import open_outbox
    from tessera.settings import load

    composed = compose_letters(_store(), load(), open_outbox(load()), _day(as_of), run_id)
    return [asdict(letter) for letter in composed]


def post_alerts(as_of: str, run_id: str) -> Plain:
    """Put the letters about a monitored day into the outbox; those that are there already stay as they are."""
    from tessera.alerting import post_alerts as post
    from tessera.post import open_outbox, wall_clock
    from tessera.settings import load

    return post(_store(), load(), open_outbox(load()), _day(as_of), run_id, wall_clock())


def deliver_mail(send: Callable[[Plain], None]) -> Plain:
    """Hand the letters that are due to ``send``; what it raises postpones a letter and fails nothing."""
    from tessera.post import deliver
    from tessera.settings import load

    return deliver(load(), send)


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
