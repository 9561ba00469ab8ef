"""A way to make a segment's model whose choices are settled, and the proof of it on the gate's windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from recommender.head import SegmentHead
from recommender.spine import Spine
from training.stand import Stand
from training.task import Challenger, SegmentTask, challenger_of, evidence

Model = SegmentHead | Spine
_RE_RANKINGS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


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
        return prove(reaching_floor(self.settle(task), task), task)


def reaching_floor(recipe: Recipe, task: SegmentTask) -> Recipe:
    """The recipe with the lightest re-ranking whose lists reach the task's floor of diversity on the tuning windows.

    A heavier one costs more of the metric. Where none reaches the floor, or no categories are known, the recipe stays
    as it is, and the gate holds the model back.
    """
    floor = task.settings.diversity
    for weight in (0.0, *_RE_RANKINGS) if floor > 0 else ():
        tried = _re_ranked(recipe, weight) if weight else recipe
        reached = _diversity(tried, task)
        if np.isnan(reached) or reached >= floor:
            return tried
    return recipe


def _re_ranked(recipe: Recipe, weight: float) -> Recipe:
    def model_at(stand: Stand) -> Model:
        return replace(recipe.model_at(stand), diversity=weight)

    return replace(recipe, model_at=model_at, parameters={**recipe.parameters, "re_ranking": weight})


def _diversity(recipe: Recipe, task: SegmentTask) -> float:
    frames = [challenger["diversity"] for _, challenger in judgements(recipe, task, "tune")]
    return float(pd.concat(frames).mean()) if frames else float("nan")


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
