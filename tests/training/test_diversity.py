from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.head import SegmentHead
from tests.training.planted import AS_OF, SETTINGS, planted_world
from training.backtest import fit_folds
from training.decision import Decision
from training.diversity import above_floor
from training.evaluation import FoldReader
from training.recipe import Recipe, judgements, reaching_floor
from training.task import SegmentTask
from training.variants import unchanged

PROVED = Decision("serves", "Better.", 900, 3, 0.1, 0.12, 0.02, 0.01, 0.03, 0.001, 0.0, 0.05, 1)


@pytest.mark.parametrize(("diversity", "floor"), [(0.4, 0.0), (None, 0.0), (0.4, 0.4), (0.9, 0.4)])
def test_a_model_at_or_above_the_floor_is_left_alone(diversity: float | None, floor: float) -> None:
    assert above_floor(PROVED, diversity, floor) is PROVED


def test_a_model_below_the_floor_falls_back_and_says_why() -> None:
    held = above_floor(PROVED, 0.31, 0.4)
    assert (held.serves, held.verdict) == (False, "falls_back")
    assert held.reason == "Held back: the diversity of its lists is 0.310, this segment's floor is 0.400. Better."
    assert replace(held, verdict="serves", reason="Better.") == PROVED


def test_lists_without_categories_do_not_pass_a_floor() -> None:
    assert "could not be measured" in above_floor(PROVED, None, 0.4).reason


@pytest.mark.parametrize("verdict", ["falls_back", "not_enough_evidence"])
def test_what_does_not_serve_anyway_keeps_its_reason(verdict: str) -> None:
    decision = replace(PROVED, verdict=verdict)  # type: ignore[arg-type]
    assert above_floor(decision, 0.1, 0.9) is decision


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> SegmentTask:
    """Items of four categories: lists of six categories would be impossible, lists of one are dull."""
    world = planted_world(users=400)
    world = replace(world, catalogue=world.catalogue.assign(category=[f"c{n % 4}" for n in range(120)]))
    settings = replace(SETTINGS, backtest=replace(SETTINGS.backtest, gate_windows=1, tune_windows=1))
    folds = fit_folds(world, AS_OF, settings, tmp_path_factory.mktemp("folds"))
    reader = FoldReader(world, settings.evaluation)
    return SegmentTask("a", world, folds, folds[-1].spine, world.assignments, AS_OF, settings, "7", reader)


def _reached(task: SegmentTask, recipe: Recipe) -> tuple[float, float]:
    (_, judged), *_ = judgements(recipe, task, "tune")
    return float(judged["diversity"].mean()), float(judged["ndcg"].mean())


def test_a_floor_is_reached_by_the_lightest_re_ranking_that_does(task: SegmentTask) -> None:
    plain = unchanged(task, "head", {})
    found, ndcg = _reached(task, plain)
    assert reaching_floor(plain, task) is plain, "no floor, nothing to reach"
    floor = found + 0.03

    settled = reaching_floor(plain, replace(task, settings=replace(task.settings, diversity=floor)))

    reached, cost = _reached(task, settled)
    assert reached >= floor > found
    assert cost <= ndcg
    model = settled.model_at(task.stand())
    assert isinstance(model, SegmentHead)
    assert settled.parameters["re_ranking"] == model.diversity > 0


def test_a_floor_that_no_re_ranking_reaches_leaves_the_recipe_to_the_gate(task: SegmentTask) -> None:
    plain = unchanged(task, "head", {})
    assert reaching_floor(plain, replace(task, settings=replace(task.settings, diversity=0.99))) is plain
