from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.journal import KEPT, journal_path
from training.space import Choice, Parameters, Range
from training.studies import Floats, Sampler, Study, StudySettings, run_study

SPACE = {"x": Choice((0.0, 1.0, 2.0, 3.0)), "y": Choice((0.0, 1.0, 2.0))}
FIRST = {"x": 0.0, "y": 0.0}
QUICK = StudySettings(trials=10, seconds=1e6)
SAMPLERS = get_args(Sampler)
NOISE = np.random.default_rng(0).normal(0, 0.05, (4, 30))


def hill(parameters: Parameters) -> Iterator[Floats]:
    """Highest at x = 2, y = 1; in four blocks of thirty users."""
    height = 4 - (float(parameters["x"]) - 2) ** 2 - (float(parameters["y"]) - 1) ** 2
    for noise in NOISE:
        yield height + noise


def luck(parameters: Parameters) -> Iterator[Floats]:
    """Nothing to find: every combination has its own noise."""
    seed = int(float(parameters["x"]) * 10 + float(parameters["y"]))
    yield np.random.default_rng(seed).normal(0, 1, 200)


class Clock:
    """Goes on by ``step`` at every look."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_finds_the_hill(sampler: Sampler) -> None:
    found = run_study(hill, SPACE, FIRST, replace(QUICK, sampler=sampler, trials=30))
    assert found.best.parameters == {"x": 2.0, "y": 1.0}
    assert found.trials[0].parameters == FIRST


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_equal_seeds_give_equal_trials_and_other_seeds_others(sampler: Sampler) -> None:
    chosen = replace(QUICK, sampler=sampler)
    first, again = (run_study(hill, SPACE, FIRST, chosen) for _ in range(2))
    assert first == again
    others = [run_study(hill, SPACE, FIRST, replace(chosen, seed=seed)) for seed in (4, 5, 6, 7)]
    assert any(first != other for other in others)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_trial_never_replaces_the_best_without_evidence(sampler: Sampler) -> None:
    found = run_study(luck, SPACE, FIRST, replace(QUICK, sampler=sampler, evidence=4.0))
    assert found.best.parameters == FIRST


@given(st.sampled_from(SAMPLERS), st.integers(0, 5), st.integers(0, 9))
@settings(max_examples=12, deadline=None)
def test_a_study_interrupted_anywhere_ends_as_an_unbroken_one(
    tmp_path_factory: pytest.TempPathFactory, sampler: Sampler, after: int, torn: int
) -> None:
    chosen = replace(QUICK, sampler=sampler)
    journal: Path = tmp_path_factory.mktemp("study") / "one.jsonl"

    def breaking(parameters: Parameters) -> Iterator[Floats]:
        nonlocal after
        after -= 1
        yield from list(hill(parameters))[: 4 if after >= 0 else 1]
        if after < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(breaking, SPACE, FIRST, replace(chosen, pruning=False), journal=journal)
    with journal.open("ab") as file:
        # a line that was being written
        file.write(b'{"op_code": 4, "worker'[: torn * 3])
    unbroken = run_study(hill, SPACE, FIRST, replace(chosen, pruning=False))
    assert run_study(hill, SPACE, FIRST, replace(chosen, pruning=False), journal=journal) == unbroken


def test_a_finished_study_is_not_repeated(tmp_path: Path) -> None:
    def forbidden(parameters: Parameters) -> Iterator[Floats]:
        raise AssertionError("measured again")

    finished = run_study(hill, SPACE, FIRST, QUICK, journal=tmp_path / "one.jsonl")
    assert run_study(forbidden, SPACE, FIRST, QUICK, journal=tmp_path / "one.jsonl") == finished
    with pytest.raises(AssertionError):
        run_study(forbidden, SPACE, FIRST, QUICK, journal=tmp_path / "other.jsonl")


def test_time_ends_a_study_whatever_a_trial_takes() -> None:
    clock = Clock(step=1.0)
    found = run_study(hill, SPACE, FIRST, replace(QUICK, sampler="random", trials=1000, seconds=100), clock=clock)
    assert found.ending == "time"
    assert 1 < len(found.trials) < 30
    # no more than what the trial that was running needed to reach its next block
    assert clock.now < 110


def test_the_first_trial_is_measured_even_without_time() -> None:
    found = run_study(hill, SPACE, FIRST, replace(QUICK, seconds=0.5), clock=Clock(step=10.0))
    assert [trial.parameters for trial in found.trials] == [FIRST]
    assert found.ending == "time"


def test_a_study_that_ran_out_of_time_stays_so(tmp_path: Path) -> None:
    capped = replace(QUICK, trials=1000, sampler="random", seconds=50)
    found = run_study(hill, SPACE, FIRST, capped, journal=tmp_path / "one.jsonl", clock=Clock(step=1.0))
    assert run_study(hill, SPACE, FIRST, capped, journal=tmp_path / "one.jsonl", clock=Clock(step=0.0)) == found


def test_a_hopeless_trial_is_given_up_before_its_last_block() -> None:
    measured: list[int] = []

    def counted(parameters: Parameters) -> Iterator[Floats]:
        measured.append(0)
        for block in hill(parameters):
            measured[-1] += 1
            yield block

    pruned = run_study(counted, SPACE, {"x": 2.0, "y": 1.0}, replace(QUICK, trials=6))
    assert measured[0] == 4
    assert set(measured[1:]) == {2}
    assert [trial.pruned for trial in pruned.trials] == [False, *[True] * 5]
    assert not any(trial.pruned for trial in run_study(hill, SPACE, FIRST, replace(QUICK, pruning=False)).trials)


@pytest.mark.parametrize("sampler", ["coordinate", "grid"])
def test_a_spent_space_ends_the_study(sampler: Sampler) -> None:
    space = {"x": Choice((0.0, 1.0)), "y": Choice((0.0,))}
    found = run_study(hill, space, FIRST, replace(QUICK, sampler=sampler))
    assert found.ending == "space"
    assert {trial.parameters["x"] for trial in found.trials} == {0.0, 1.0}


def test_moves_change_several_parameters_at_once() -> None:
    moves = [[{"x": 2.0, "y": 1.0}], [{"x": 3.0}]]
    found = run_study(hill, SPACE, FIRST, replace(QUICK, passes=1), moves)
    tried = [dict(trial.parameters) for trial in found.trials]
    assert {"x": 2.0, "y": 1.0} in tried
    assert len(found.trials) == 3


def test_ranges_are_searched_by_tpe_and_refused_by_the_grid() -> None:
    space = {"x": Range(1, 100, log=True), "y": Range(0, 9, whole=True)}
    found = run_study(hill, space, {"x": 50.0, "y": 9}, replace(QUICK, sampler="tpe"))
    assert all(1 <= float(trial.parameters["x"]) <= 100 for trial in found.trials)
    assert all(isinstance(trial.parameters["y"], int) for trial in found.trials)
    for sampler in ("grid", "coordinate"):
        with pytest.raises(ValueError, match="sampler tpe"):
            run_study(hill, space, FIRST, replace(QUICK, sampler=sampler))


def test_a_grid_too_large_to_walk_is_refused_before_any_trial() -> None:
    space = {f"p{n}": Choice(tuple(range(10))) for n in range(8)}
    with pytest.raises(ValueError, match="100,000,000"):
        run_study(hill, space, dict.fromkeys(space, 0), replace(QUICK, sampler="grid"))


@pytest.mark.parametrize("wrong", [{"sampler": "magic"}, {"trials": 0}, {"seconds": 0}, {"evidence": -1}])
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="found"):
        StudySettings(**wrong)  # type: ignore[arg-type]


def test_studies_lie_under_their_label(tmp_path: Path) -> None:
    assert journal_path(tmp_path, "s1-2026-03-01", "abc") == tmp_path / "s1-2026-03-01" / "abc.jsonl"


SLOW = """
import sys, time
from pathlib import Path
from tests.training.test_studies import FIRST, QUICK, SPACE, hill
from training.studies import run_study
from dataclasses import replace

def slow(parameters):
    for block in hill(parameters):
        time.sleep(0.02)
        yield block

run_study(slow, SPACE, FIRST, replace(QUICK, sampler="tpe", trials=200), journal=Path(sys.argv[1]))
"""


def kept(journal: Path) -> int:
    return sum(json.loads(line)["op_code"] == 4 for line in journal.read_text().splitlines()) if journal.exists() else 0


def test_a_killed_process_leaves_a_study_that_goes_on(tmp_path: Path) -> None:
    journal = tmp_path / "killed.jsonl"
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(journal)])
    deadline = time.monotonic() + 60
    while kept(journal) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = kept(journal)
    chosen = replace(QUICK, sampler="tpe", trials=before + 8)
    resumed = run_study(hill, SPACE, FIRST, chosen, journal=journal)
    unbroken: Study = run_study(hill, SPACE, FIRST, chosen)
    assert 3 <= before < len(resumed.trials) == before + 8
    assert resumed == unbroken


def test_of_the_studies_in_a_folder_those_used_last_stay(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        (tmp_path / f"old{number:03d}").mkdir()
        os.utime(tmp_path / f"old{number:03d}", (number, number))
    journal_path(tmp_path, "s1-2026-03-01", "abc")
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == KEPT
    assert {"s1-2026-03-01", "old004"} <= left
    assert "old003" not in left
