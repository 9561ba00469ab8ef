"""The gate: a segment model serves only while it is proved better than its parent on its own users.

The evidence is a frame of one row per evaluated user and gate window, columns ``fold user_id parent challenger``
(the metric of both lists for that user). See rule 4 of the design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from training.decision import Decision, Verdict
from training.gate_settings import GateSettings
from training.proof import NOT_A_NUMBER, Proof, numbers, too_few
from training.succession import decide_parent

__all__ = ["GateSettings", "decide", "decide_all", "decide_parent"]


def decide(
    evaluation: pd.DataFrame, settings: GateSettings, comparisons: int = 1, seeds: int | None = None
) -> Decision:
    """Decide one challenger; ``comparisons`` segments share ``alpha`` evenly (Bonferroni).

    Args:
        evaluation: columns ``fold user_id parent challenger``, one row per evaluated user and gate window.
        settings: what is asked for.
        comparisons: how many segments are decided on this date, this one included.
        seeds: how many seeds were averaged on the side that has fewer, where the two sides differ by a random
            training; ``None`` where nothing random stands between them (a head on the parent's own scores).

    Raises:
        ValueError: columns missing, or a user twice in one window.
    """
    proof = Proof.of(evaluation)
    return _judge(proof, settings, comparisons, settings.alpha / max(1, comparisons), seeds)


def decide_all(
    evaluations: Mapping[str, pd.DataFrame], settings: GateSettings, seeds: int | None = None
) -> dict[str, Decision]:
    """Decide several segments together by Holm's step-down procedure (Holm 1979), at least as powerful as `decide`.

    Only segments with enough evidence count as compared: their number depends on sizes, never on results.
    """
    proofs = {key: Proof.of(frame) for key, frame in evaluations.items()}
    count = len(proofs)
    found = {key: _judge(proof, settings, count, settings.alpha / count, seeds) for key, proof in proofs.items()}
    testable = [key for key, decision in found.items() if np.isfinite(decision.p_value)]
    ordered = sorted(testable, key=lambda key: (found[key].p_value, key))
    stopped = False
    for rank, key in enumerate(ordered):
        level = settings.alpha / (len(ordered) - rank)
        decision = _judge(proofs[key], settings, len(ordered), level, seeds)
        if stopped and decision.serves:
            decision = replace(decision, verdict="falls_back", reason=_held_back(decision))
        stopped = stopped or not decision.serves
        found[key] = decision
    return found


def _judge(proof: Proof, settings: GateSettings, comparisons: int, alpha: float, seeds: int | None) -> Decision:
    if proof.broken:
        return proof.unmeasured(settings, "falls_back", NOT_A_NUMBER)
    if proof.users < settings.minimum_users or len(proof.labels) < settings.minimum_windows:
        return proof.unmeasured(settings, "not_enough_evidence", too_few(proof, settings))
    if seeds is not None and seeds < settings.minimum_seeds:
        return proof.unmeasured(settings, "not_enough_evidence", _too_few_seeds(seeds, settings))
    measured = proof.measured(settings, comparisons, alpha)
    proved = measured.lower > settings.margin
    verdict: Verdict = "serves" if proved else "falls_back"
    return replace(measured, verdict=verdict, reason=_sentence(measured, proved))


def _sentence(decision: Decision, proved: bool) -> str:
    claim = "Better than the parent" if proved else "Not proved better than the parent"
    bound = "above" if proved else "not above"
    return (
        f"{claim}: {numbers(decision, 'parent')}; the lower bound {decision.lower:+.4f} is {bound} "
        f"the margin {decision.margin:.4f} at level {decision.alpha:.4f} ({decision.comparisons} segments compared)."
    )


def _too_few_seeds(seeds: int, settings: GateSettings) -> str:
    return (
        f"Not enough evidence: the training is random and one side averages {seeds} seeds, needed "
        f"{settings.minimum_seeds} on both: add seeds to the ranker's settings."
    )


def _held_back(decision: Decision) -> str:
    return f"Held back by the correction over {decision.comparisons} segments: {numbers(decision, 'parent')}."
