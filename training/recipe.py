"""A way to make a segment's model whose choices are settled, and the proof of it on the gate's windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from recommender.head import SegmentHead
from recommender.spine import Spine
from training.stand import Stand
from training.task import Challenger, SegmentTask, challenger_of, evidence

Model = SegmentHead | Spine


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a segment's model is made at any stand.

    Args:
        strategy: whose recipe it is.
        model_at: makes the model from what was known at the stand.
        parameters: tuned and fixed ones, flat.
        trace: the tuning's trials, the parent first.
    """

    strategy: str
    model_at: Callable[[Stand], Model]
    parameters: dict[str, object] = field(default_factory=dict)
    trace: tuple[float, ...] = ()


class Strategy(ABC):
    """A way to make a segment's model: settle the recipe on the tuning windows, then prove it on the gate's."""

    name: str

    @abstractmethod
    def settle(self, task: SegmentTask) -> Recipe:
        """Make every choice; reads the tuning windows and what lies before them."""

    def challenge(self, task: SegmentTask) -> Challenger:
        """Make the model and judge its recipe on the gate windows, which no tuning has seen."""
        return prove(self.settle(task), task)


def prove(recipe: Recipe, task: SegmentTask) -> Challenger:
    """The recipe's model as of the task, with the evidence of the same recipe on every gate window."""
    pairs = judgements(recipe, task, "gate")
    return challenger_of(recipe.strategy, recipe.model_at(task.stand()), pairs, recipe.parameters, task, recipe.trace)


def measured(recipe: Recipe, task: SegmentTask) -> pd.DataFrame:
    """``fold user_id parent challenger`` of the recipe on the tuning windows."""
    return evidence(judgements(recipe, task, "tune"))


def judgements(recipe: Recipe, task: SegmentTask, role: str) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Parent and model beside each other on every window of ``role`` that has somebody to judge."""
    cohorts = (task.reading.cohort(fold, task.members(fold.cutoff)) for fold in task.of_role(role))
    return [
        task.judge.beside_parent(cohort, recipe.model_at(Stand.of(cohort.fold))) for cohort in cohorts if len(cohort)
    ]
