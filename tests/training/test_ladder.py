"""The ladder of challengers: what a rung may see, what it costs, when a dearer one is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender.head import SegmentHead
from recommender.ranker import LambdaRanker, fit_booster
from recommender.sampling import labelled_sample
from recommender.spine import SEGMENT_FEATURE, Spine
from tests.training.planted import AS_OF, SETTINGS, PlantedWorld, planted_world
from training.anchored import anchored_spine
from training.backtest import Fold, fit_folds
from training.boosted import Ranker, corrected_spine
from training.calibrated_body import CalibratedBody
from training.evaluation import FoldReader
from training.heads import Head
from training.ladder import Ladder
from training.recipe import Recipe, Strategy, judgements
from training.settings import TrainingSettings
from training.shared_body import shared_spine
from training.stand import Stand
from training.task import SegmentTask
from training.variants import unchanged

TWO_TUNING = replace(SETTINGS, backtest=replace(SETTINGS.backtest, gate_windows=1, tune_windows=2))


class Nothing(Strategy):
    """The parent itself."""

    name = "nothing"

    def settle(self, task: SegmentTask) -> Recipe:
        return unchanged(task, self.name, {})


class Reversed(Strategy):
    """What the generators like least first: clearly worse than any parent."""

    name = "reversed"

    def settle(self, task: SegmentTask) -> Recipe:
        head = SegmentHead(task.segment_id, {}, blend=dict.fromkeys(task.spine.settings.names, -9.0))
        return Recipe(self.name, lambda _: head)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> SegmentTask:
    world: PlantedWorld = planted_world(users=900)
    folder: Path = tmp_path_factory.mktemp("folds")
    reader = FoldReader(world, TWO_TUNING.evaluation)
    folds = [_with_ranker(fold, reader) for fold in fit_folds(world, AS_OF, TWO_TUNING, folder)]
    return SegmentTask("a", world, folds, folds[-1].spine, world.assignments, AS_OF, TWO_TUNING, "7", reader)


def _with_ranker(fold: Fold, reader: FoldReader) -> Fold:
    """Whatever order the parent preferred, these tests are about its ranker."""
    cohort, choices = reader.cohort(fold), TWO_TUNING.spine.ranker
    sample = labelled_sample(fold.spine, cohort.history, cohort.users, cohort.truth, choices.negatives, 1)
    text, _ = fit_booster(sample, fold.spine.schema.categorical, choices, 1, 1)
    return replace(fold, spine=replace(fold.spine, ranker=LambdaRanker((text,))))


def _with(task: SegmentTask, settings: TrainingSettings) -> SegmentTask:
    return replace(task, settings=settings)


def _lists(task: SegmentTask, model: SegmentHead | Spine) -> tuple[pd.DataFrame, pd.DataFrame]:
    cohort = task.reading.cohort(task.folds[-1], task.members(task.folds[-1].cutoff))
    return task.judge.beside_parent(cohort, model)


def test_an_anchored_model_of_weight_zero_is_the_parent(task: SegmentTask) -> None:
    fold = task.folds[-1]
    model = anchored_spine(task, task.reading, Stand.of(fold), 0.0)
    cohort = task.reading.cohort(fold, task.members(fold.cutoff))
    mine = model.recommend(cohort.history, cohort.users, 10)
    parent = fold.spine.recommend(cohort.history, cohort.users, 10)
    np.testing.assert_array_equal(mine.items, parent.items)
    np.testing.assert_array_equal(mine.scores, parent.scores)


def test_an_anchored_model_differs_from_the_parent_where_the_segment_has_weight(task: SegmentTask) -> None:
    parent, mine = _lists(task, anchored_spine(task, task.reading, Stand.of(task.folds[-1]), 1.0))
    assert not parent["ndcg"].equals(mine["ndcg"])


def test_a_ranker_without_trees_of_its_own_is_the_parent(task: SegmentTask) -> None:
    parent, mine = _lists(task, corrected_spine(task, Stand.of(task.folds[-1]), 0, continued=True))
    pd.testing.assert_frame_equal(parent, mine)


def test_a_continued_ranker_holds_the_parents_trees_and_its_own(task: SegmentTask) -> None:
    fold = task.folds[-1]
    model = corrected_spine(task, Stand.of(fold), 4, continued=True)
    assert isinstance(model, Spine)
    assert fold.spine.ranker is not None
    assert model.ranker is not None
    assert _trees(model.ranker) == [count + 4 for count in _trees(fold.spine.ranker)]
    own, parent = model.ranker.texts[0], fold.spine.ranker.texts[0]
    first_tree = parent[parent.index("Tree=0") : parent.index("Tree=1")]
    assert first_tree in own


def test_an_averaged_ranker_adds_boosters_to_the_parents(task: SegmentTask) -> None:
    fold = task.folds[-1]
    model = corrected_spine(task, Stand.of(fold), 5, continued=False)
    assert isinstance(model, Spine)
    assert fold.spine.ranker is not None
    assert model.ranker is not None
    assert model.ranker.texts[: len(fold.spine.ranker.texts)] == fold.spine.ranker.texts
    assert 1 <= _trees(model.ranker)[-1] <= 5


def _trees(ranker: LambdaRanker) -> list[int]:
    return [text.count("\nTree=") for text in ranker.texts]


def test_a_ranker_learns_only_from_windows_that_had_ended(task: SegmentTask) -> None:
    first = corrected_spine(task, Stand.of(task.folds[0]), 5, continued=True)
    assert isinstance(first, SegmentHead), "no window had ended: the parent stays"
    second = corrected_spine(task, Stand.of(task.folds[1]), 5, continued=True)
    alone = corrected_spine(replace(task, folds=task.folds[:1]), Stand.of(task.folds[1]), 5, continued=True)
    assert isinstance(second, Spine)
    assert isinstance(alone, Spine)
    assert second.ranker is not None
    assert alone.ranker is not None
    assert second.ranker.texts == alone.ranker.texts


def test_with_one_tuning_window_the_ranker_is_skipped_and_the_ladder_says_why(task: SegmentTask) -> None:
    one = replace(task, folds=task.folds[1:])
    alone = Ranker().settle(one)
    assert alone.parameters["ranker"] == "parent"
    assert isinstance(alone.model_at(one.stand()), SegmentHead)
    rungs = Ladder([Nothing(), Ranker()]).settle(one)
    assert rungs.strategy == "nothing"
    assert "2 tuning windows; found 1" in str(rungs.parameters["rung.ranker"])


def test_a_budget_of_nothing_climbs_one_rung(task: SegmentTask) -> None:
    short = _with(task, replace(TWO_TUNING, ladder_seconds=0.0))
    settled = Ladder([Nothing(), Head()]).settle(short)
    assert settled.strategy == "nothing"
    assert settled.parameters["rungs_tried"] == 1


def test_the_ladder_takes_a_dearer_rung_for_a_clear_gain_only(task: SegmentTask) -> None:
    assert Ladder([Reversed(), Nothing()]).settle(task).strategy == "nothing"
    settled = Ladder([Nothing(), Reversed()]).settle(task)
    assert settled.strategy == "nothing"
    assert settled.parameters["rungs_tried"] == 2
    assert settled.parameters["rung.reversed"] < settled.parameters["rung.nothing"]  # type: ignore[operator]


def test_the_clock_ends_the_ladder_between_rungs(task: SegmentTask) -> None:
    ticks: Iterator[int] = iter(range(0, 1000, 14))
    settled = Ladder([Nothing(), Nothing(), Nothing(), Nothing()], lambda: next(ticks)).settle(task)
    assert settled.parameters["rungs_tried"] == 2


def test_the_ladder_never_judges_on_the_gates_windows(task: SegmentTask) -> None:
    gate = [fold.window for fold in task.of_role("gate")]
    asked = []

    class Watched(FoldReader):
        def cohort(self, fold, members=None):  # type: ignore[no-untyped-def]
            asked.append(fold.window)
            return super().cohort(fold, members)

    watched = replace(task, reader=Watched(task.source, TWO_TUNING.evaluation))
    recipe = Ladder([Nothing(), Head()]).settle(watched)
    assert asked
    assert not set(asked) & set(gate)
    judgements(recipe, watched, "gate")
    assert set(asked) & set(gate)


def test_a_shared_body_is_fitted_once_and_knows_whose_users_it_sees(task: SegmentTask) -> None:
    stand = Stand.of(task.folds[-1])
    mine, other = (shared_spine(replace(task, segment_id=name), stand) for name in ("a", "b"))
    assert mine.generators is other.generators
    assert f"user_{SEGMENT_FEATURE}" in mine.schema.names
    assert mine.segment_id == "a"
    elsewhere = shared_spine(replace(task, assignments=lambda day: task.assignments(day).sort_index()), stand)
    assert elsewhere.generators is not mine.generators, "other segments, another body"
    cohort = task.reading.cohort(task.folds[-1], task.members(task.folds[-1].cutoff)[:20])
    column = mine.schema.names.index(f"user_{SEGMENT_FEATURE}")
    strangers = cohort.users.iloc[:0]
    codes = [
        {float(v) for _, x in model.columns(cohort.history, strangers) for v in x[:, column]} for model in (mine, other)
    ]
    assert codes[0] != codes[1]
    assert len(codes[0]) == len(codes[1]) == 1


def test_a_calibrated_body_orders_as_a_head_with_the_same_weights_would(task: SegmentTask) -> None:
    body = shared_spine(task, Stand.of(task.folds[-1]))
    weights = {"popularity": -0.3, body.settings.names[-1]: 0.5}
    cohort = task.reading.cohort(replace(task.folds[-1], spine=body), task.members(task.folds[-1].cutoff)[:20])
    rows = body.candidates(cohort.history, cohort.users)
    calibrated = replace(body, calibration=weights).candidates(cohort.history, cohort.users)
    np.testing.assert_array_equal(calibrated.parent, SegmentHead("a", {}, blend=weights).score(rows))
    assert not np.array_equal(rows.top(rows.parent, 10)[0], calibrated.top(calibrated.parent, 10)[0])


def test_calibration_searches_the_weights_of_generators_alone(task: SegmentTask) -> None:
    settled = CalibratedBody().settle(task)
    assert settled.parameters["body"] in ("parent", "calibrated")
    assert len(settled.trace) == 2
    model = settled.model_at(Stand.of(task.folds[-1]))
    if isinstance(model, Spine):
        assert set(model.calibration) <= set(model.settings.names)
