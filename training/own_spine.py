"""The strategies that refit the parent's recipe for a segment: on its own events, or on events re-weighted for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.source import SourceView, TrainingSource
from recommender.spine import Spine
from training.feature_list import ListedFeatures
from training.recipe import Recipe, Strategy
from training.stand import Stand
from training.task import SegmentTask
from training.variants import best_of, unchanged
from warehouse.columns import USER, WEIGHT
from warehouse.windows import Window


class Hard(Strategy):
    """The parent's recipe on the segment's own events only: loses below about 10,000 users, kept to show it."""

    name = "hard"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`; there is nothing to choose."""
        return Recipe(self.name, lambda stand: _refitted(task, stand, _OwnEvents(task.source, _members(task, stand))))


class Reweighted(Strategy):
    """The parent's recipe with the segment's events weighted by a factor; the factor is tuned, the parent's is 1."""

    name = "reweighted"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        first = unchanged(task, self.name, {"up_weight": 1.0})
        return best_of(first, [self._weighted(task, factor) for factor in task.settings.up_weights], task)

    def _weighted(self, task: SegmentTask, factor: float) -> Recipe:
        def model(stand: Stand) -> Spine:
            return _refitted(task, stand, _UpWeighted(task.source, _members(task, stand), factor))

        return Recipe(self.name, model, {"up_weight": factor})


def _members(task: SegmentTask, stand: Stand) -> NDArray[np.object_]:
    return task.members(stand.cutoff)


def _refitted(task: SegmentTask, stand: Stand, source: TrainingSource) -> Spine:
    listed = ListedFeatures(source, task.settings.head.features)
    return Spine.fit(listed, stand.cutoff, task.settings.spine, segment_id=task.segment_id)


@dataclass(frozen=True, eq=False)
class _OwnEvents(SourceView):
    """A source that knows only some users' events."""

    members: NDArray[np.object_]

    def events(self, window: Window) -> pd.DataFrame:
        frame = self.source.events(window)
        return frame[frame[USER].isin(self.members)]

    def users(self, as_of: date) -> pd.DataFrame:
        frame = self.source.users(as_of)
        return frame[frame[USER].isin(self.members)]


@dataclass(frozen=True, eq=False)
class _UpWeighted(SourceView):
    """A source in which some users' events weigh more."""

    members: NDArray[np.object_]
    factor: float

    def events(self, window: Window) -> pd.DataFrame:
        frame = self.source.events(window)
        louder = np.where(frame[USER].isin(self.members), self.factor, 1.0)
        return frame.assign(**{WEIGHT: frame[WEIGHT].to_numpy(np.float64) * louder})
