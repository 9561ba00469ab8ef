"""The strategy that wins: a segment's head on the parent, tuned on older windows than the gate's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.head import SegmentHead
from recommender.prior import DecayedCounts, Prior
from training.backtest import Fold
from training.bench import Bench, HeadParameters, PriorKey, bench
from training.evaluation import FoldReader
from training.recipe import Recipe, Strategy
from training.search import Tuned, prior_keys, search
from training.stand import Stand
from training.task import Members, SegmentTask, evidence


class Head(Strategy):
    """A segment prior and blend weights on the parent's candidates, tuned on the tuning windows."""

    name = "head"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        tuned = tune_head(task, task.reading, task.members)
        parameters: dict[str, object] = {**tuned.parameters.flat(), "tuned_on_users": tuned.users}
        return Recipe(
            self.name,
            lambda stand: head_at(task, task.reading, tuned.parameters, stand, task.members),
            parameters,
            tuned.trace,
        )


def tune_head(task: SegmentTask, reader: FoldReader, members: Members, with_prior: bool = True) -> Tuned:
    """Search the head's parameters for ``members`` on the tuning windows only."""
    benches = [_bench(task, reader, fold, members(fold.cutoff), with_prior) for fold in task.of_role("tune")]
    return search([entry for entry in benches if len(entry.cohort)], task.settings.head, task.studies, task.label)


def head_at(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, stand: Stand, members: Members
) -> SegmentHead:
    """The head with these parameters whose prior is that of ``members`` at the stand."""
    prior: Prior = {}
    if parameters.prior_weight:
        prior = _prior(reader.counts(stand, parameters.half_life), members(stand.cutoff), parameters.key)
    return parameters.head(task.segment_id, prior, task.parent_version)


def head_evaluation(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, members: Members, judged_on: Members
) -> pd.DataFrame:
    """The gate's evidence of a head whose prior is ``members``' and whose lists are judged for ``judged_on``."""
    cohorts = (reader.cohort(fold, judged_on(fold.cutoff)) for fold in task.of_role("gate"))
    return evidence(
        [
            task.judge.beside_parent(cohort, head_at(task, reader, parameters, Stand.of(cohort.fold), members))
            for cohort in cohorts
        ]
    )


def _bench(task: SegmentTask, reader: FoldReader, fold: Fold, members: NDArray[np.object_], with_prior: bool) -> Bench:
    choices, stand = task.settings, Stand.of(fold)
    keys: list[PriorKey] = prior_keys(choices.head)
    priors = {key: _prior(reader.counts(stand, key[0]), members, key) if with_prior else {} for key in keys}
    cohort = reader.cohort(fold, members)
    return bench(cohort, priors, task.segment_id, choices.evaluation.k, choices.evaluation.exclude_seen)


def _prior(counts: DecayedCounts, members: NDArray[np.object_], key: PriorKey) -> Prior:
    _, strength, base = key
    return counts.prior(members, strength, base)
