"""The rival of models per segment: one model of everybody whose ranker is told the segment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from recommender.source import SourceView
from recommender.spine import SEGMENT_FEATURE, Spine
from training.evaluation import Assignments
from training.feature_list import ListedFeatures
from training.recipe import Recipe, Strategy
from training.stand import Stand
from training.task import SegmentTask
from training.variants import best_of, unchanged
from warehouse.columns import USER


class SharedBody(Strategy):
    """The parent's recipe fitted on everybody, with the user's segment among the ranker's features.

    What multi-task learning is to networks: all segments share the trees and may part ways where it pays. The body is
    fitted once per cutoff and shared by the segments that are trained together; a segment takes it only where its
    tuning windows show a gain.
    """

    name = "shared"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        first = unchanged(task, self.name, {"body": "parent"})
        body = Recipe(self.name, lambda stand: shared_spine(task, stand), {"body": "shared"})
        return best_of(first, [body], task)


def shared_spine(task: SegmentTask, stand: Stand) -> Spine:
    """The body as of the stand's cutoff, as the task's segment's own model."""
    bodies, key = task.reading.bodies, (stand.cutoff, task.assignments)
    if key not in bodies:
        source = SegmentKnown(ListedFeatures(task.source, task.settings.head.features), task.assignments)
        bodies[key] = Spine.fit(source, stand.cutoff, task.settings.spine)
    return replace(bodies[key], segment_id=task.segment_id)


@dataclass(frozen=True, eq=False)
class SegmentKnown(SourceView):
    """A source whose users carry the segment that they were in as of the day asked for."""

    assignments: Assignments

    def users(self, as_of: date) -> pd.DataFrame:
        """Users of a segment or with features; the segment in its own column."""
        segments = self.assignments(as_of)
        told = pd.DataFrame({USER: segments.index.astype(object), SEGMENT_FEATURE: segments.to_numpy(dtype=object)})
        return told.merge(self.source.users(as_of), on=USER, how="outer")
