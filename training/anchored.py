"""The strategy that fine-tunes the parent's generators on a segment without forgetting everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, Self, runtime_checkable

from recommender.generators import Generator
from recommender.history import History
from recommender.spine import Spine
from training.evaluation import FoldReader
from training.recipe import Recipe, Strategy
from training.stand import Stand
from training.task import SegmentTask
from training.variants import best_of, unchanged


@runtime_checkable
class Anchorable(Protocol):
    """A fitted generator that can be moved towards some users' likes."""

    def anchored(self, history: History, weight: float) -> Self:
        """A copy moved towards ``history``; weight 0 moves nothing."""
        ...


class Anchored(Strategy):
    """The parent with item-item weights and item factors moved towards the segment's likes, held by the parent's own.

    Transfer learning: nothing is fitted from scratch, so it costs seconds. The weight of the segment is tuned.
    """

    name = "anchored"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        first = unchanged(task, self.name, {"anchored_weight": 0.0})
        return best_of(first, [self._moved(task, weight) for weight in task.settings.anchored_weights], task)

    def _moved(self, task: SegmentTask, weight: float) -> Recipe:
        def model(stand: Stand) -> Spine:
            return anchored_spine(task, task.reading, stand, weight)

        return Recipe(self.name, model, {"anchored_weight": weight})


def anchored_spine(task: SegmentTask, reader: FoldReader, stand: Stand, weight: float) -> Spine:
    """The stand's parent with every generator that can be moved towards the segment's likes by ``weight``."""
    known = reader.history(stand)
    codes = known.users.codes(task.members(stand.cutoff).tolist())
    own = known.rows(codes[codes >= 0])
    generators = tuple(_anchored(generator, own, weight) for generator in stand.parent.generators)
    return replace(stand.parent, generators=generators, segment_id=task.segment_id)


def _anchored(generator: Generator, own: History, weight: float) -> Generator:
    return generator.anchored(own, weight) if isinstance(generator, Anchorable) else generator
