"""The gate: a segment model serves only while it is proved better than its parent on its own users.

The evidence is a frame of one row per evaluated user and gate window, columns ``fold user_id parent challenger``
(the metric of both lists for that user). See rule 4 of the design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.bootstrap import Floats, bootstrap_difference, interval, p_value
from training.decision import Decision, Verdict, WindowDifference

COLUMNS = ("fold", "user_id", "parent", "challenger")
# below this many resamples in the tail, the bound is noise
_TAIL_RESAMPLES = 10


@dataclass(frozen=True)
class GateSettings:
    """How much proof the gate asks for.

    Args:
        alpha: one-sided error level over all segments decided together.
        margin: the difference that must be exceeded, in units of the metric.
        resamples: bootstrap draws (raised by itself where the corrected level needs more).
        minimum_users: distinct evaluated users below which there is not enough evidence.
        minimum_windows: gate windows below which there is not enough evidence.
        seed: of the bootstrap.
        metric: what the evidence holds, for the sentences.

    Raises:
        ValueError: a value out of its range.
    """

    alpha: float = 0.05
    margin: float = 0.0
    resamples: int = 1000
    minimum_users: int = 300
    minimum_windows: int = 3
    seed: int = 0
    metric: str = "ndcg@10"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ValueError(f"gate alpha must lie between 0 and 0.5; found {self.alpha}: 0.05 is usual")
        if self.margin < 0:
            raise ValueError(f"gate margin must be >= 0; found {self.margin}: a negative one lets worse models serve")
        if min(self.resamples, self.minimum_users, self.minimum_windows) < 1:
            raise ValueError("gate resamples, minimum_users and minimum_windows must be at least 1")


@dataclass(frozen=True)
class _Evidence:
    labels: tuple[str, ...]
    differences: tuple[Floats, ...]
    users: int
    parent: float
    challenger: float

    @property
    def difference(self) -> float:
        return self.challenger - self.parent


def decide(evaluation: pd.DataFrame, settings: GateSettings, comparisons: int = 1) -> Decision:
    """Decide one challenger; ``comparisons`` segments share ``alpha`` evenly (Bonferroni).

    Args:
        evaluation: columns ``fold user_id parent challenger``, one row per evaluated user and gate window.
        settings: what is asked for.
        comparisons: how many segments are decided on this date, this one included.

    Raises:
        ValueError: columns missing, or a user twice in one window.
    """
    return _judge(evaluation, settings, comparisons, settings.alpha / max(1, comparisons))


def decide_all(evaluations: Mapping[str, pd.DataFrame], settings: GateSettings) -> dict[str, Decision]:
    """Decide several segments together by Holm's step-down procedure (Holm 1979), at least as powerful as `decide`.

    Only segments with enough evidence count as compared: their number depends on sizes, never on results.
    """
    count = len(evaluations)
    first = {key: decide(frame, settings, count) for key, frame in evaluations.items()}
    testable = [key for key, decision in first.items() if np.isfinite(decision.p_value)]
    ordered = sorted(testable, key=lambda key: (first[key].p_value, key))
    stopped = False
    for rank, key in enumerate(ordered):
        level = settings.alpha / (len(ordered) - rank)
        decision = _judge(evaluations[key], settings, len(ordered), level)
        if stopped and decision.serves:
            decision = replace(decision, verdict="falls_back", reason=_held_back(decision))
        stopped = stopped or not decision.serves
        first[key] = decision
    return first


def decide_parent(evaluation: pd.DataFrame | None, settings: GateSettings) -> Decision:
    """Decide a new global model against the live one by non-inferiority: it serves unless it is proved worse.

    Args:
        evaluation: as for :func:`decide`, ``parent`` being the live champion, on windows that neither model saw;
            ``None`` when there is no champion yet: the first model serves at once.
        settings: ``minimum_windows`` is not asked for here: since the champion was trained there may be one.
    """
    if evaluation is None:
        reason = "It is the first global model: there is no champion to compare it with."
        return _unmeasured(settings, "serves", reason, _Evidence((), (), 0, np.nan, np.nan))
    evidence = _evidence(evaluation)
    if not np.isfinite(evidence.difference) and len(evaluation):
        return _unmeasured(settings, "falls_back", _NAN, evidence)
    if evidence.users < settings.minimum_users:
        return _unmeasured(
            settings, "not_enough_evidence", _too_few(evidence, replace(settings, minimum_windows=1)), evidence
        )
    measured = _measure(evidence, replace(settings, margin=0.0), 1, settings.alpha)
    worse = measured.upper < 0
    verdict: Verdict = "falls_back" if worse else "serves"
    claim = "It is proved worse than the champion" if worse else "It is not worse than the champion"
    return replace(measured, verdict=verdict, reason=f"{claim}: {_numbers(measured, 'champion')}.")


def _judge(evaluation: pd.DataFrame, settings: GateSettings, comparisons: int, alpha: float) -> Decision:
    evidence = _evidence(evaluation)
    if len(evaluation) and not np.isfinite(evidence.difference):
        return _unmeasured(settings, "falls_back", _NAN, evidence)
    if evidence.users < settings.minimum_users or len(evidence.labels) < settings.minimum_windows:
        return _unmeasured(settings, "not_enough_evidence", _too_few(evidence, settings), evidence)
    measured = _measure(evidence, settings, comparisons, alpha)
    proved = measured.lower > settings.margin
    verdict: Verdict = "serves" if proved else "falls_back"
    return replace(measured, verdict=verdict, reason=_sentence(measured, proved))


def _evidence(evaluation: pd.DataFrame) -> _Evidence:
    missing = [name for name in COLUMNS if name not in evaluation.columns]
    if missing:
        raise ValueError(f"an evaluation needs the columns {COLUMNS}; missing {missing}: use training.evaluation")
    if evaluation.duplicated(["fold", "user_id"]).any():
        raise ValueError(
            "an evaluation holds a user once a window; found repeated rows: keep one row per fold and user"
        )
    # sorted, so that the order of rows cannot change a bit of the answer
    rows = evaluation.sort_values(["fold", "user_id"], kind="stable")
    parent = rows["parent"].to_numpy(np.float64)
    challenger = rows["challenger"].to_numpy(np.float64)
    labels, starts = np.unique(rows["fold"].astype(str).to_numpy(), return_index=True)
    differences = np.split(challenger - parent, starts[1:]) if len(labels) else []
    means = [_mean(parent), _mean(challenger)]
    return _Evidence(tuple(map(str, labels)), tuple(differences), rows["user_id"].nunique(), means[0], means[1])


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _measure(evidence: _Evidence, settings: GateSettings, comparisons: int, alpha: float) -> Decision:
    resamples = max(settings.resamples, int(np.ceil(_TAIL_RESAMPLES / alpha)))
    draws = bootstrap_difference(evidence.differences, resamples, settings.seed)
    lower, upper = interval(draws, alpha)
    base = _unmeasured(settings, "not_enough_evidence", "", evidence)
    return replace(
        base,
        lower=lower,
        upper=upper,
        p_value=p_value(draws, settings.margin),
        alpha=alpha,
        comparisons=comparisons,
        by_window=_by_window(evidence, settings),
    )


def _by_window(evidence: _Evidence, settings: GateSettings) -> tuple[WindowDifference, ...]:
    rows = []
    for label, values in zip(evidence.labels, evidence.differences, strict=True):
        # for the plot only: a few hundred draws are enough
        lower, upper = interval(bootstrap_difference([values], 200, settings.seed), settings.alpha)
        rows.append(WindowDifference(label, len(values), float(values.mean()), lower, upper))
    return tuple(rows)


def _unmeasured(settings: GateSettings, verdict: Verdict, reason: str, evidence: _Evidence) -> Decision:
    nan = float("nan")
    return Decision(
        verdict=verdict,
        reason=reason,
        users=evidence.users,
        windows=len(evidence.labels),
        parent=evidence.parent,
        challenger=evidence.challenger,
        difference=evidence.difference,
        lower=nan,
        upper=nan,
        p_value=nan,
        margin=settings.margin,
        alpha=settings.alpha,
        comparisons=1,
        metric=settings.metric,
    )


_NAN = "A metric is not a number for some users, so nothing is proved: look at the challenger's scores."


def _too_few(evidence: _Evidence, settings: GateSettings) -> str:
    return (
        f"Not enough evidence: {evidence.users:,} evaluated users in {len(evidence.labels)} windows, "
        f"needed {settings.minimum_users:,} users in {settings.minimum_windows}."
    )


def _sentence(decision: Decision, proved: bool) -> str:
    claim = "Better than the parent" if proved else "Not proved better than the parent"
    bound = "above" if proved else "not above"
    return (
        f"{claim}: {_numbers(decision, 'parent')}; the lower bound {decision.lower:+.4f} is {bound} "
        f"the margin {decision.margin:.4f} at level {decision.alpha:.4f} ({decision.comparisons} segments compared)."
    )


def _numbers(decision: Decision, other: str) -> str:
    return (
        f"{decision.metric.upper()} {decision.challenger:.4f} against the {other}'s {decision.parent:.4f}, "
        f"difference {decision.difference:+.4f} [{decision.lower:+.4f}, {decision.upper:+.4f}] "
        f"over {decision.users:,} users in {decision.windows} windows"
    )


def _held_back(decision: Decision) -> str:
    return f"Held back by the correction over {decision.comparisons} segments: {_numbers(decision, 'parent')}."
