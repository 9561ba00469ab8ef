from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.artifact import ArtifactError
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, START, PlantedWorld, planted_world
from training.backtest import FoldsMissingError, fit_folds, fresh_fold, load_folds, plan_folds, shortfall
from training.settings import BacktestSettings
from warehouse.windows import Window

TWO = replace(SETTINGS, backtest=BacktestSettings(gate_windows=1, tune_windows=1))


@pytest.fixture(scope="module")
def world() -> PlantedWorld:
    return planted_world(users=150)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 30), st.integers(1, 6), st.integers(0, 4))
def test_windows_roll_back_from_the_as_of_and_tuning_is_older_than_the_gate(
    as_of: date, days: int, gate: int, tune: int
) -> None:
    plan = plan_folds(as_of, BacktestSettings(days, gate, tune))
    assert [fold.role for fold in plan] == ["tune"] * tune + ["gate"] * gate
    assert plan[-1].window.end == as_of
    assert all(fold.cutoff == fold.window.start and fold.window.length == days for fold in plan)
    assert all(a.window.end == b.window.start for a, b in itertools.pairwise(plan))


@pytest.mark.parametrize(
    ("history", "roles"),
    [
        (42, ["tune", "gate", "gate", "gate"]),
        (41, ["tune", "gate", "gate"]),
        (28, ["tune", "gate"]),
        (21, ["gate"]),
        (20, []),
    ],
)
def test_short_history_gives_fewer_windows_and_says_so(history: int, roles: list[str]) -> None:
    as_of, settings = date(2026, 3, 1), BacktestSettings()
    plan = plan_folds(as_of, settings, Window(as_of - timedelta(days=history), as_of))
    assert [fold.role for fold in plan] == roles
    sentence = shortfall(plan, settings)
    assert (sentence is None) == (history >= 42)
    assert sentence is None or f"{roles.count('gate')} of 3 gate windows" in sentence


@pytest.mark.parametrize(
    ("weeks", "tune", "gate"), [(11, 1, 3), (14, 1, 3), (15, 2, 3), (18, 2, 4), (21, 2, 5), (24, 2, 6), (200, 2, 6)]
)
def test_windows_grow_with_the_history_first_for_tuning_then_for_the_gate(weeks: int, tune: int, gate: int) -> None:
    as_of = date(2026, 3, 1)
    plan = plan_folds(as_of, BacktestSettings(), Window(as_of - timedelta(weeks=weeks), as_of))
    assert [fold.role for fold in plan] == ["tune"] * tune + ["gate"] * gate


@given(
    history=st.integers(1, 1500),
    unseen=st.integers(0, 60),
    days=st.integers(1, 30),
    gate=st.tuples(st.integers(1, 6), st.integers(0, 6)),
    tune=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    share=st.floats(0, 1),
)
def test_planned_windows_lie_apart_within_the_history_and_leave_the_parents_their_share(
    history: int, unseen: int, days: int, gate: tuple[int, int], tune: tuple[int, int], share: float
) -> None:
    as_of = date(2026, 3, 1)
    span = Window(as_of - timedelta(days=history), as_of + timedelta(days=unseen))
    asked = BacktestSettings(days, (gate[0], sum(gate)), (tune[0], sum(tune)), parent_share=share)
    plan = plan_folds(as_of, asked, span)
    assert all(fold.cutoff == fold.window.start and fold.window.length == days for fold in plan)
    assert all(older.window.end == newer.window.start for older, newer in itertools.pairwise(plan))
    assert not plan or plan[-1].window.end == as_of
    roles = [fold.role for fold in plan]
    assert roles == sorted(roles, reverse=True)  # what tunes is older than what decides
    assert roles.count("gate") <= sum(gate)
    assert roles.count("tune") <= max(sum(tune), 1)
    before = [(fold.cutoff - span.start).days for fold in plan]
    assert all(day >= asked.minimum_history_days for day in before)
    beyond_least = len(plan) > gate[0] + tune[0]
    assert not beyond_least or before[0] >= share * history


def test_a_number_of_windows_is_exactly_that_many_however_long_the_history() -> None:
    as_of = date(2026, 3, 1)
    plan = plan_folds(as_of, BacktestSettings(7, 3, 1), Window(as_of - timedelta(days=3000), as_of))
    assert [fold.role for fold in plan] == ["tune", "gate", "gate", "gate"]


@pytest.mark.parametrize("wrong", [{"gate_windows": (6, 3)}, {"gate_windows": 0}, {"parent_share": 1.1}])
def test_windows_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="found"):
        BacktestSettings(**wrong)


def test_parents_are_kept_and_reused_for_the_same_data_and_settings(world: PlantedWorld, tmp_path: Path) -> None:
    told: list[str] = []
    first = fit_folds(world, AS_OF, TWO, tmp_path, told.append, "interactions@1")
    assert sum("fitting for" in line for line in told) == 2
    told.clear()
    again = fit_folds(world, AS_OF, TWO, tmp_path, told.append, "interactions@1")
    assert [line for line in told if "reused" in line] == told
    assert [(f.cutoff, f.window, f.role) for f in first] == [(f.cutoff, f.window, f.role) for f in again]
    loaded = load_folds(tmp_path)
    assert [fold.spine.as_of for fold in loaded] == [fold.cutoff for fold in first]


def test_other_data_is_fitted_anew(world: PlantedWorld, tmp_path: Path) -> None:
    told: list[str] = []
    fit_folds(world, AS_OF, TWO, tmp_path, None, "interactions@1")
    fit_folds(world, AS_OF, TWO, tmp_path, told.append, "interactions@2")
    assert not any("reused" in line for line in told)


def test_a_damaged_parent_is_refused(world: PlantedWorld, tmp_path: Path) -> None:
    fit_folds(world, AS_OF, TWO, tmp_path)
    victim = next(tmp_path.glob("2026-*/*.safetensors"))
    victim.write_bytes(victim.read_bytes()[:-8])
    with pytest.raises(ArtifactError):
        load_folds(tmp_path, AS_OF)


def test_folds_that_were_never_fitted_are_asked_for_by_name(tmp_path: Path) -> None:
    with pytest.raises(FoldsMissingError, match="train the global model first"):
        load_folds(tmp_path, AS_OF)


def test_parents_of_folds_read_nothing_after_their_cutoff(world: PlantedWorld, tmp_path: Path) -> None:
    full = fit_folds(world, AS_OF, TWO, tmp_path / "full")
    early = full[0].cutoff
    keep = world.log["ts"] < str(early)
    cut = replace(world, log=world.log[keep].reset_index(drop=True), micros=world.micros[keep.to_numpy()])
    again = Spine.fit(cut, early, SETTINGS.spine)
    events = cut.events(Window(START, early))
    histories = [spine.history(events, early) for spine in (full[0].spine, again)]
    lists = [s.recommend(h, world.people, 10) for s, h in zip((full[0].spine, again), histories, strict=True)]
    assert (lists[0].items == lists[1].items).all()


def test_the_days_since_the_live_parent_are_one_more_window(world: PlantedWorld) -> None:
    live = Spine.fit(world, AS_OF, SETTINGS.spine)
    assert fresh_fold(live, AS_OF, AS_OF) is None
    fold = fresh_fold(live, AS_OF, AS_OF + timedelta(days=2))
    assert fold is not None
    assert (fold.role, fold.cutoff, fold.window.length) == ("gate", AS_OF, 2)
    assert fold.spine is live
