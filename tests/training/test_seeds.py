from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.head import SegmentHead
from recommender.ranker import LambdaRanker
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, planted_world
from training.backtest import Fold
from training.seeds import seeds_compared
from training.task import SegmentTask, challenger_of
from warehouse.windows import Window


@pytest.fixture(scope="module")
def spine() -> Spine:
    return replace(Spine.fit(planted_world(users=60), AS_OF, SETTINGS.spine), ranker=ranker("a", "b", "c"))


def ranker(*texts: str) -> LambdaRanker:
    return LambdaRanker(texts)


def task(live: Spine, parent: Spine) -> SegmentTask:
    world = planted_world(users=60)
    window = Window.trailing(AS_OF, 7)
    fold = Fold(window.start, window, "gate", parent)
    return SegmentTask("a", world, [fold], live, world.assignments, AS_OF, SETTINGS)


def compared(model: SegmentHead | Spine, asked: SegmentTask) -> int | None:
    return seeds_compared(challenger_of("any", model, [], {}, asked), asked)


def test_the_side_with_fewer_seeds_counts(spine: Spine) -> None:
    two, four = (replace(spine, ranker=ranker(*texts)) for texts in ("de", "defg"))
    assert compared(four, task(spine, spine)) == 3
    assert compared(two, task(spine, spine)) == 2
    assert compared(four, task(spine, two)) == 2


def test_nothing_random_stands_between_a_head_and_its_parent(spine: Spine) -> None:
    assert compared(SegmentHead("a", {}), task(spine, spine)) is None


def test_a_model_with_the_parents_own_ranker_needs_no_seeds(spine: Spine) -> None:
    assert compared(replace(spine, generators=()), task(spine, spine)) is None


def test_a_blend_needs_no_seeds(spine: Spine) -> None:
    assert compared(replace(spine, ranker=None), task(spine, spine)) is None
