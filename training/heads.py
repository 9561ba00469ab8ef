"""The strategy that wins: a segment's head on the parent, tuned on older windows than the gate's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.head import SegmentHead
from recommender.prior import DecayedCounts, Prior
from recommender.recommendations import LAYER_GLOBAL, LAYER_SEGMENT, Recommendations
from training.backtest import Fold
from training.bench import Bench, HeadParameters, PriorKey, bench
from training.evaluation import Cohort, FoldReader, judged
from training.search import Tuned, prior_keys, search
from training.task import Challenger, Judgement, Members, SegmentTask, challenger_of, evidence


class Head:
    """A segment prior and blend weights on the parent's candidates, tuned on the tuning windows."""

    name = "head"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        reader = task.reading
        tuned = tune_head(task, reader, task.members)
        pairs = [
            _head_beside_parent(cohort, _head_in(task, reader, tuned.parameters, cohort.fold, task.members), task)
            for cohort in (reader.cohort(fold, task.members(fold.cutoff)) for fold in task.of_role("gate"))
        ]
        model = _final_head(task, reader, tuned.parameters)
        parameters: dict[str, object] = {**tuned.parameters.flat(), "tuned_on_users": tuned.users}
        return challenger_of(self.name, model, pairs, parameters, task, tuned.trace)


def tune_head(task: SegmentTask, reader: FoldReader, members: Members, with_prior: bool = True) -> Tuned:
    """Search the head's parameters for ``members`` on the tuning windows only."""
    benches = [_bench(task, reader, fold, members(fold.cutoff), with_prior) for fold in task.of_role("tune")]
    return search([entry for entry in benches if len(entry.cohort)], task.settings.head, task.studies, task.label)


def head_evaluation(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, members: Members, judged_on: Members
) -> pd.DataFrame:
    """The gate's evidence of a head whose prior is ``members``' and whose lists are judged for ``judged_on``."""
    pairs = [
        _head_beside_parent(cohort, _head_in(task, reader, parameters, cohort.fold, members), task)
        for cohort in (reader.cohort(fold, judged_on(fold.cutoff)) for fold in task.of_role("gate"))
    ]
    return evidence(pairs)


def _bench(task: SegmentTask, reader: FoldReader, fold: Fold, members: NDArray[np.object_], with_prior: bool) -> Bench:
    choices = task.settings
    keys: list[PriorKey] = prior_keys(choices.head)
    priors = {key: _prior(reader.counts(fold, key[0]), members, key) if with_prior else {} for key in keys}
    cohort = reader.cohort(fold, members)
    return bench(cohort, priors, task.segment_id, choices.evaluation.k, choices.evaluation.exclude_seen)


def _prior(counts: DecayedCounts, members: NDArray[np.object_], key: PriorKey) -> Prior:
    _, strength, base = key
    return counts.prior(members, strength, base)


def _head_in(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, fold: Fold, members: Members
) -> SegmentHead:
    def counts() -> DecayedCounts:
        return reader.counts(fold, parameters.half_life)

    return _head(task, parameters, counts, members(fold.cutoff))


def _final_head(task: SegmentTask, reader: FoldReader, parameters: HeadParameters) -> SegmentHead:
    def counts() -> DecayedCounts:
        return reader.counts_at(task.as_of, task.spine, parameters.half_life)

    return _head(task, parameters, counts, task.members(task.as_of))


def _head(
    task: SegmentTask,
    parameters: HeadParameters,
    counts: Callable[[], DecayedCounts],
    members: NDArray[np.object_],
) -> SegmentHead:
    prior = _prior(counts(), members, parameters.key) if parameters.prior_weight else {}
    return parameters.head(task.segment_id, prior, task.parent_version)


def _head_beside_parent(cohort: Cohort, head: SegmentHead, task: SegmentTask) -> Judgement:
    choices, spine = task.settings.evaluation, cohort.fold.spine
    candidates = spine.candidates(cohort.history, cohort.users, head.extra() or None, choices.exclude_seen)

    def lists(ranking: NDArray[np.float32], layer: str) -> Recommendations:
        return spine.listed(candidates, ranking, cohort.history, choices.k, layer, choices.exclude_seen)

    parent = lists(candidates.parent_ranking(), LAYER_GLOBAL)
    challenger = lists(head.score(candidates), LAYER_SEGMENT)
    return judged(cohort, parent, choices.k), judged(cohort, challenger, choices.k)
