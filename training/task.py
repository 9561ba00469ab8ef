"""What training a segment takes and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.head import SegmentHead
from recommender.source import TrainingSource
from recommender.spine import Spine
from training.backtest import Fold
from training.evaluation import METRICS, Assignments, FoldReader, means, members_of, paired
from training.judge import Judge, Judgement
from training.settings import TrainingSettings
from training.stand import Stand
from warehouse.columns import USER

Members = Callable[[date], NDArray[np.object_]]


@dataclass(frozen=True, eq=False)
class SegmentTask:
    """Everything that training one segment needs.

    Args:
        segment_id: whose model.
        source: events and features.
        folds: tuning and gate windows with their parents, oldest first.
        spine: the live global champion, which the model will stand on.
        assignments: user id to segment id, as computed at a date.
        as_of: events before this day are used for the final model.
        settings: all choices.
        parent_version: the registered version of ``spine``.
        reader: shared by segments that are trained together.
        studies: folder that keeps the trials of every tuning; ``None`` keeps none.
    """

    segment_id: str
    source: TrainingSource
    folds: Sequence[Fold]
    spine: Spine
    assignments: Assignments
    as_of: date
    settings: TrainingSettings
    parent_version: str = ""
    reader: FoldReader | None = None
    studies: Path | None = None

    @property
    def label(self) -> str:
        """What people find its studies by."""
        return f"{self.segment_id}-{self.as_of}"

    @cached_property
    def judge(self) -> Judge:
        """Judges all models of this task."""
        return Judge(self.reading, self.settings.evaluation)

    @cached_property
    def reading(self) -> FoldReader:
        """The shared reader, or one of its own."""
        return self.reader or FoldReader(self.source, self.settings.evaluation)

    def members(self, as_of: date) -> NDArray[np.object_]:
        """The segment's users as computed at ``as_of``."""
        return members_of(self.assignments(as_of), self.segment_id)

    def stand(self) -> Stand:
        """Where the model that will serve is made."""
        return Stand(self.spine, self.as_of)

    def of_role(self, role: str) -> list[Fold]:
        """The folds that tune, or those that gate."""
        return [fold for fold in self.folds if fold.role == role]


@dataclass(frozen=True, eq=False)
class Challenger:
    """A segment's model and the evidence about its recipe.

    Args:
        strategy: how it was made.
        model: fitted as of the task's ``as_of``.
        evaluation: the gate's evidence, ``fold user_id parent challenger`` of NDCG@k over the gate windows.
        metrics: means over the gate windows, of the model (``recall@10``) and of the parent (``recall@10.parent``).
        parameters: tuned and fixed ones, flat.
        trace: the tuning's trials, the parent first; empty where nothing was tuned.
    """

    strategy: str
    model: SegmentHead | Spine
    evaluation: pd.DataFrame
    metrics: dict[str, float]
    parameters: dict[str, object]
    trace: tuple[float, ...] = field(default=())


def challenger_of(
    name: str,
    model: SegmentHead | Spine,
    pairs: Sequence[Judgement],
    parameters: dict[str, object],
    task: SegmentTask,
    trace: tuple[float, ...] = (),
) -> Challenger:
    """Gather a strategy's judged gate windows, (parent, challenger) each, into a challenger."""
    k = task.settings.evaluation.k
    parents, challengers = (pd.concat([nobody()[0], *(pair[side] for pair in pairs)]) for side in (0, 1))
    metrics = means(challengers, k) | means(parents, k, ".parent")
    return Challenger(name, model, evidence(pairs), metrics, parameters, trace)


def evidence(pairs: Sequence[Judgement]) -> pd.DataFrame:
    """The gate's evidence of judged windows: ``fold user_id parent challenger``."""
    frames = [paired(parent, challenger) for parent, challenger in (nobody(), *pairs)]
    return pd.concat(frames, ignore_index=True)


def nobody() -> Judgement:
    """The judgement of a window in which nobody could be evaluated."""
    empty = pd.DataFrame(
        {"fold": pd.Series(dtype=str), USER: pd.Series(dtype=object)} | {m: pd.Series(dtype=float) for m in METRICS}
    )
    return empty, empty
