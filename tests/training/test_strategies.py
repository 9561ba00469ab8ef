from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender import artifact
from recommender.head import SegmentHead
from recommender.recommendations import Recommendations
from recommender.spine import Spine
from tests.training.planted import AS_OF, PlantedWorld, planted_world
from tests.training.planted import SETTINGS as RANKED
from training.comparisons import control, placebo
from training.evaluation import FoldReader
from training.gate import decide
from training.parent import TrainedParent, train_global
from training.strategies import STRATEGIES, Challenger, SegmentTask, strategy
from warehouse.windows import Window

# the better order of this world's parent: on a weak one random groups gain too
SETTINGS = replace(RANKED, spine=replace(RANKED.spine, order="blend"))


@pytest.fixture(scope="module")
def world() -> PlantedWorld:
    return planted_world(users=2500, contrast=12.0)


@pytest.fixture(scope="module")
def reader(world: PlantedWorld) -> FoldReader:
    return FoldReader(world, SETTINGS.evaluation)


@pytest.fixture(scope="module")
def trained(world: PlantedWorld, reader: FoldReader, tmp_path_factory: pytest.TempPathFactory) -> TrainedParent:
    folder: Path = tmp_path_factory.mktemp("folds")
    return train_global(world, AS_OF, SETTINGS, folder, assignments=world.assignments, reader=reader)


@pytest.fixture(scope="module")
def task(world: PlantedWorld, reader: FoldReader, trained: TrainedParent) -> SegmentTask:
    return SegmentTask("a", world, trained.folds, trained.spine, world.assignments, AS_OF, SETTINGS, "7", reader)


def test_the_first_global_model_serves_and_reports_every_segment(trained: TrainedParent) -> None:
    assert trained.decision.serves
    assert {"ndcg@10", "ndcg@10.a", "ndcg@10.b"} <= set(trained.metrics)
    assert [row.segment for row in trained.segments] == ["a", "b"]
    assert all(row.lower < row.mean < row.upper for row in trained.segments)
    assert not any("History is short" in note for note in trained.notes)


@pytest.fixture(scope="module")
def challenged(task: SegmentTask) -> Callable[[str], Challenger]:
    return cache(lambda name: strategy(name).challenge(task))


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_strategy_gives_a_model_and_evidence_over_the_gate_windows(
    task: SegmentTask, challenged: Callable[[str], Challenger], name: str
) -> None:
    challenger = challenged(name)
    gate_windows = {str(fold.window) for fold in task.folds if fold.role == "gate"}
    assert set(challenger.evaluation["fold"]) == gate_windows
    assert list(challenger.evaluation.columns) == ["fold", "user_id", "parent", "challenger"]
    assert all(int(user[1:]) % 2 for user in challenger.evaluation["user_id"])
    assert challenger.metrics["ndcg@10"] == pytest.approx(challenger.evaluation["challenger"].mean())
    assert challenger.metrics["ndcg@10.parent"] == pytest.approx(challenger.evaluation["parent"].mean())
    assert challenger.model.segment_id == "a"


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_strategys_model_comes_back_from_its_files_as_it_was(
    task: SegmentTask, challenged: Callable[[str], Challenger], name: str, tmp_path: Path
) -> None:
    model = challenged(name).model
    artifact.save(model, tmp_path / "model")
    loaded = artifact.load(tmp_path / "model", "a")
    first, second = (_lists(task, entry) for entry in (model, loaded))
    np.testing.assert_array_equal(first.items, second.items)
    np.testing.assert_array_equal(first.scores, second.scores)


def _lists(task: SegmentTask, model: SegmentHead | Spine) -> Recommendations:
    cohort = task.reading.cohort(task.folds[-1], task.members(task.folds[-1].cutoff)[:40])
    spine = model if isinstance(model, Spine) else task.spine
    past = task.reading.events_before(cohort.fold.cutoff, 365)
    history = spine.history(past, cohort.fold.cutoff).of_users(cohort.truth.users.ids)
    if isinstance(model, SegmentHead):
        return model.recommend(spine, history, cohort.users, 5)
    return model.recommend(history, cohort.users, 5)


def test_the_head_of_a_planted_segment_is_proved(task: SegmentTask) -> None:
    challenger = strategy("head").challenge(task)
    decision = decide(challenger.evaluation, SETTINGS.gate)
    assert decision.serves, decision.reason
    assert isinstance(challenger.model, SegmentHead)
    assert challenger.model.parent_version == "7"


def test_the_head_of_a_random_group_is_not_proved(task: SegmentTask, world: PlantedWorld) -> None:
    def coin(as_of: date) -> pd.Series:
        known = world.assignments(as_of).index
        return pd.Series(["a" if (int(user[1:]) // 2) % 2 else "b" for user in known], index=known)

    decision = decide(strategy("head").challenge(replace(task, assignments=coin)).evaluation, SETTINGS.gate)
    assert not decision.serves, decision.reason


def test_equal_tasks_give_equal_evidence(task: SegmentTask) -> None:
    first, second = (strategy("head").challenge(replace(task, reader=None)) for _ in range(2))
    pd.testing.assert_frame_equal(first.evaluation, second.evaluation, check_exact=True)
    assert first.parameters == second.parameters


def test_the_segment_beats_its_placebo_and_its_control(task: SegmentTask) -> None:
    evaluation = strategy("head").challenge(task).evaluation
    reached = (evaluation["challenger"] - evaluation["parent"]).mean()
    assert reached > placebo(task, strategy("head")) + 0.01
    assert reached > control(task) + 0.01


def test_tuning_never_reads_the_gates_windows(task: SegmentTask, world: PlantedWorld) -> None:
    first_gate = min(fold.cutoff for fold in task.folds if fold.role == "gate")
    read: list[Window] = []

    class Watched(PlantedWorld):
        def events(self, window: Window) -> pd.DataFrame:
            read.append(window)
            return super().events(window)

    watched = Watched(world.log, world.people, world.catalogue, world.micros)
    from training.heads import tune_head

    tune_head(task, FoldReader(watched, SETTINGS.evaluation), task.members)
    assert read
    assert max(window.end for window in read) <= first_gate


def test_an_empty_segment_is_no_evidence_and_no_crash(task: SegmentTask) -> None:
    challenger = strategy("head").challenge(replace(task, segment_id="nobody"))
    assert len(challenger.evaluation) == 0
    assert decide(challenger.evaluation, SETTINGS.gate).verdict == "not_enough_evidence"


def test_an_unknown_strategy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="head, anchored, ranker, shared, calibrated, reweighted, hard, ladder"):
        strategy("magic")
