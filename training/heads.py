"""The strategy that wins: a segment's head on the parent, tuned on older windows than the gate's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.head import SegmentHead, fit_prior
from recommender.recommendations import LAYER_GLOBAL, LAYER_SEGMENT, Recommendations
from training.backtest import Fold
from training.bench import Bench, HeadParameters, PriorKey, bench
from training.evaluation import Cohort, FoldReader, judged
from training.search import Tuned, prior_keys, search
from training.task import Challenger, Judgement, Members, SegmentTask, challenger_of, evidence
from warehouse.columns import USER


class Head:
    """A segment prior and blend weights on the parent's candidates, tuned on the tuning windows."""

    name = "head"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        reader = task.reading
        tuned = tune_head(task, reader, task.members)
        pairs = [
            _head_beside_parent(
                cohort, _head_at(task, reader, tuned.parameters, cohort.fold.cutoff, task.members), task
            )
            for cohort in (reader.cohort(fold, task.members(fold.cutoff)) for fold in task.of_role("gate"))
        ]
        model = _head_at(task, reader, tuned.parameters, task.as_of, task.members)
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
        _head_beside_parent(cohort, _head_at(task, reader, parameters, cohort.fold.cutoff, members), task)
        for cohort in (reader.cohort(fold, judged_on(fold.cutoff)) for fold in task.of_role("gate"))
    ]
    return evidence(pairs)


def _bench(task: SegmentTask, reader: FoldReader, fold: Fold, members: NDArray[np.object_], with_prior: bool) -> Bench:
    choices = task.settings
    keys: list[PriorKey] = prior_keys(choices.head)
    priors = {key: _prior(task, reader, members, fold.cutoff, key) if with_prior else {} for key in keys}
    cohort = reader.cohort(fold, members)
    return bench(cohort, priors, task.segment_id, choices.evaluation.k, choices.evaluation.exclude_seen)


def _prior(
    task: SegmentTask, reader: FoldReader, members: NDArray[np.object_], cutoff: date, key: PriorKey
) -> dict[str, float]:
    # older events weigh less than a hundredth
    days = min(task.settings.spine.history_days, int(np.ceil(7 * key[0])))
    events = reader.events_before(cutoff, days)
    return fit_prior(events[events[USER].isin(members)], events, cutoff, half_life_days=key[0], strength=key[1])


def _head_at(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, cutoff: date, members: Members
) -> SegmentHead:
    key = (parameters.half_life, parameters.strength)
    prior = _prior(task, reader, members(cutoff), cutoff, key) if parameters.prior_weight else {}
    return parameters.head(task.segment_id, prior, task.parent_version)


def _head_beside_parent(cohort: Cohort, head: SegmentHead, task: SegmentTask) -> Judgement:
    choices, spine = task.settings.evaluation, cohort.fold.spine
    candidates = spine.candidates(cohort.history, cohort.users, head.extra() or None, choices.exclude_seen)

    def lists(ranking: NDArray[np.float32], layer: str) -> Recommendations:
        return spine.listed(candidates, ranking, cohort.history, choices.k, layer, choices.exclude_seen)

    parent = lists(candidates.parent_ranking(), LAYER_GLOBAL)
    challenger = lists(head.score(candidates), LAYER_SEGMENT)
    return judged(cohort, parent, choices.k), judged(cohort, challenger, choices.k)
