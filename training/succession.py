"""Whether a new global model may follow the live one: not worse for everybody, and not worse for any segment."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from training.decision import Decision, SegmentDifference, Verdict
from training.gate_settings import GateSettings
from training.proof import NOT_A_NUMBER, Proof, numbers, too_few
from warehouse.columns import SEGMENT


def decide_parent(evaluation: pd.DataFrame | None, settings: GateSettings) -> Decision:
    """Decide a new global model against the live one by non-inferiority: it serves unless it is proved worse.

    The worst-segment rule: nor may it be proved worse for any segment, since every segment without a model of its own
    is served by it. Segments with enough users share ``alpha`` evenly, so that twenty of them raise no more false
    alarms than one.

    Args:
        evaluation: as for :func:`training.gate.decide`, ``parent`` being the live champion, on windows that neither
            model saw; the column ``segment_id``, if there is one, says whose user each row is. ``None`` when there
            is no champion yet: the first model serves at once.
        settings: ``minimum_windows`` is not asked for here: since the champion was trained there may be one.
    """
    if evaluation is None:
        reason = "It is the first global model: there is no champion to compare it with."
        return Proof.nothing().unmeasured(settings, "serves", reason)
    proof = Proof.of(evaluation)
    if proof.broken:
        return proof.unmeasured(settings, "falls_back", NOT_A_NUMBER)
    if proof.users < settings.minimum_users:
        return proof.unmeasured(settings, "not_enough_evidence", too_few(proof, replace(settings, minimum_windows=1)))
    measured = proof.measured(replace(settings, margin=0.0), 1, settings.alpha)
    segments = _segments(evaluation, settings)
    verdict: Verdict = "falls_back" if measured.upper < 0 or any(s.upper < 0 for s in segments) else "serves"
    return replace(measured, verdict=verdict, reason=_reason(measured, segments), by_segment=segments)


def _segments(evaluation: pd.DataFrame, settings: GateSettings) -> tuple[SegmentDifference, ...]:
    """Every segment with enough users, the worst first."""
    if SEGMENT not in evaluation:
        return ()
    proofs = {str(segment): Proof.of(rows) for segment, rows in evaluation.groupby(SEGMENT, sort=True)}
    judged = {segment: proof for segment, proof in proofs.items() if proof.users >= settings.minimum_users}
    found = [_segment(name, proof, settings, settings.alpha / len(judged)) for name, proof in judged.items()]
    return tuple(sorted(found, key=lambda segment: (segment.upper, segment.segment_id)))


def _segment(name: str, proof: Proof, settings: GateSettings, alpha: float) -> SegmentDifference:
    estimate = proof.differences.estimate(settings.resamples, settings.seed)
    return SegmentDifference(name, proof.users, estimate.mean, *estimate.bounds(alpha))


def _reason(measured: Decision, segments: tuple[SegmentDifference, ...]) -> str:
    if measured.upper < 0:
        return f"It is proved worse than the champion: {numbers(measured, 'champion')}."
    worse = [segment for segment in segments if segment.upper < 0]
    if worse:
        named = "; ".join(_named(segment) for segment in worse)
        return f"It is proved worse than the champion for {named}; over everybody: {numbers(measured, 'champion')}."
    worst = f"; none of {len(segments)} segments is proved worse, nearest {_named(segments[0])}" if segments else ""
    return f"It is not worse than the champion: {numbers(measured, 'champion')}{worst}."


def _named(segment: SegmentDifference) -> str:
    return (
        f"segment {segment.segment_id} ({segment.difference:+.4f} [{segment.lower:+.4f}, {segment.upper:+.4f}] "
        f"over {segment.users:,} users)"
    )
