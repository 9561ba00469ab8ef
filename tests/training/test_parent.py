from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, PlantedWorld, planted_world
from training.backtest import Fold
from training.evaluation import FoldReader
from training.parent import evaluate_parent, train_global
from training.settings import BacktestSettings, TrainingSettings
from warehouse.windows import Window

QUICK: TrainingSettings = replace(SETTINGS, backtest=BacktestSettings(gate_windows=2, tune_windows=1))


@pytest.fixture(scope="module")
def world() -> PlantedWorld:
    return planted_world(users=900)


def test_a_champion_of_the_same_recipe_is_replaced_by_a_newer_one(world: PlantedWorld, tmp_path: Path) -> None:
    champion = Spine.fit(world, AS_OF - timedelta(days=14), QUICK.spine)
    decision = train_global(world, AS_OF, QUICK, tmp_path, champion, world.assignments).decision
    assert decision.serves
    assert decision.windows == 2
    assert {segment.segment_id for segment in decision.by_segment} == {"a", "b"}
    assert "not worse than the champion" in decision.reason


def test_a_worse_recipe_does_not_replace_the_champion(world: PlantedWorld, tmp_path: Path) -> None:
    champion = Spine.fit(world, AS_OF - timedelta(days=14), QUICK.spine)
    upside_down = replace(
        QUICK.spine,
        blend=tuple((name, -weight) for name, weight in QUICK.spine.weights.items()),
        ranker=replace(QUICK.spine.ranker, minimum_users=10**6),
    )
    decision = train_global(world, AS_OF, replace(QUICK, spine=upside_down), tmp_path, champion).decision
    assert decision.verdict == "falls_back"
    assert decision.upper < 0


def test_only_windows_that_the_champion_did_not_see_are_compared(world: PlantedWorld, tmp_path: Path) -> None:
    champion = Spine.fit(world, AS_OF - timedelta(days=3), QUICK.spine)
    asked = replace(QUICK, gate=replace(QUICK.gate, minimum_users=20))
    decision = train_global(world, AS_OF, asked, tmp_path, champion).decision
    assert [row.window for row in decision.by_window] == [str(Window.trailing(AS_OF, 3))]


def test_a_champion_that_saw_every_window_leaves_no_evidence(world: PlantedWorld, tmp_path: Path) -> None:
    champion = Spine.fit(world, AS_OF, QUICK.spine)
    decision = train_global(world, AS_OF, QUICK, tmp_path, champion).decision
    assert decision.verdict == "not_enough_evidence"


def test_short_history_is_noted(world: PlantedWorld, tmp_path: Path) -> None:
    long = replace(QUICK, backtest=BacktestSettings(gate_windows=8, tune_windows=1))
    trained = train_global(world, AS_OF, long, tmp_path)
    assert "of 8 gate windows" in trained.notes[0]
    assert np.isfinite(trained.metrics["ndcg@10"])


def test_metrics_by_segment_use_the_assignment_of_the_cutoff(world: PlantedWorld) -> None:
    window = Window.trailing(AS_OF, 7)
    fold = Fold(window.start, window, "gate", Spine.fit(world, window.start, QUICK.spine))
    asked: list[date] = []

    def assignments(as_of: date) -> pd.Series:
        asked.append(as_of)
        return world.assignments(as_of)

    frame = evaluate_parent(FoldReader(world, QUICK.evaluation), [fold], assignments)
    assert asked == [fold.cutoff]
    known = frame.dropna(subset=["segment_id"])
    assert all(
        s == ("a" if int(u[1:]) % 2 else "b") for u, s in zip(known["user_id"], known["segment_id"], strict=True)
    )
