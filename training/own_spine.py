"""The strategies that refit the parent's recipe for a segment: on its own events, or on events re-weighted for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.source import TrainingSource
from recommender.spine import Spine
from training.evaluation import Cohort, FoldReader, judged
from training.feature_list import ListedFeatures
from training.task import Challenger, Judgement, SegmentTask, challenger_of, nobody
from warehouse.columns import USER, WEIGHT
from warehouse.windows import Window


class Hard:
    """The parent's recipe on the segment's own events only: loses below about 10,000 users, kept to show it."""

    name = "hard"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        return _own_spine(self.name, task, lambda members: _OwnEvents(task.source, members), {})


class Reweighted:
    """The parent's recipe with the segment's events up-weighted."""

    name = "reweighted"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        factor = task.settings.up_weight
        return _own_spine(
            self.name, task, lambda members: _UpWeighted(task.source, members, factor), {"up_weight": factor}
        )


def _own_spine(
    name: str,
    task: SegmentTask,
    narrowed: Callable[[NDArray[np.object_]], TrainingSource],
    parameters: dict[str, object],
) -> Challenger:
    reader = task.reading

    def fitted(as_of: date) -> Spine:
        source = ListedFeatures(narrowed(task.members(as_of)), task.settings.head.features)
        return Spine.fit(source, as_of, task.settings.spine, segment_id=task.segment_id)

    pairs = []
    for fold in task.of_role("gate"):
        cohort = reader.cohort(fold, task.members(fold.cutoff))
        pairs.append(_spine_beside_parent(reader, cohort, fitted(fold.cutoff), task) if len(cohort) else nobody())
    return challenger_of(name, fitted(task.as_of), pairs, parameters, task)


def _spine_beside_parent(reader: FoldReader, cohort: Cohort, spine: Spine, task: SegmentTask) -> Judgement:
    choices, parent = task.settings.evaluation, cohort.fold.spine
    past = reader.events_before(cohort.fold.cutoff, parent.settings.history_days)
    mine = past[past[USER].isin(cohort.truth.users.ids)]
    history = spine.history(mine, cohort.fold.cutoff).of_users(cohort.truth.users.ids)
    own = spine.recommend(history, cohort.users, choices.k, choices.exclude_seen)
    theirs = parent.recommend(cohort.history, cohort.users, choices.k, choices.exclude_seen)
    return judged(cohort, theirs, choices.k), judged(cohort, own, choices.k)


@dataclass(frozen=True, eq=False)
class _OwnEvents:
    """A source that knows only some users' events."""

    source: TrainingSource
    members: NDArray[np.object_]

    def events(self, window: Window) -> pd.DataFrame:
        frame = self.source.events(window)
        return frame[frame[USER].isin(self.members)]

    def users(self, as_of: date) -> pd.DataFrame:
        frame = self.source.users(as_of)
        return frame[frame[USER].isin(self.members)]

    def items(self, as_of: date) -> pd.DataFrame:
        return self.source.items(as_of)

    def span(self) -> Window:
        return self.source.span()


@dataclass(frozen=True, eq=False)
class _UpWeighted:
    """A source in which some users' events weigh more."""

    source: TrainingSource
    members: NDArray[np.object_]
    factor: float

    def events(self, window: Window) -> pd.DataFrame:
        frame = self.source.events(window)
        louder = np.where(frame[USER].isin(self.members), self.factor, 1.0)
        return frame.assign(**{WEIGHT: frame[WEIGHT].to_numpy(np.float64) * louder})

    def users(self, as_of: date) -> pd.DataFrame:
        return self.source.users(as_of)

    def items(self, as_of: date) -> pd.DataFrame:
        return self.source.items(as_of)

    def span(self) -> Window:
        return self.source.span()
