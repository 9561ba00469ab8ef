from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recommender.generators.registry import GeneratorSettings
from training.space import Range
from training.studies import StudySettings
from training.tuning import TuningWindow, search_generator

SPACE = {"regularisation": Range(0.1, 1e4, log=True), "dropout": Range(0.0, 0.8)}
FAR_OFF = GeneratorSettings("EASE", "ease", {"regularisation": 9000.0, "neighbours": 3})
QUICK = StudySettings("tpe", trials=12, seconds=1e6, evidence=0.0)


def test_the_search_leaves_parameters_that_are_far_off(windows: list[TuningWindow]) -> None:
    found = search_generator(FAR_OFF, SPACE, windows, QUICK, 10)
    assert found.ndcg > found.first_ndcg
    assert found.settings.parameters["regularisation"] != 9000.0
    assert found.settings.parameters["neighbours"] == 3, "what is not searched stays"


def test_equal_seeds_find_equal_parameters(windows: list[TuningWindow]) -> None:
    found, again = (search_generator(FAR_OFF, SPACE, windows, replace(QUICK, trials=5), 10) for _ in range(2))
    assert found.study == again.study
    assert found.settings == again.settings


def test_without_time_the_first_parameters_are_measured_and_kept(windows: list[TuningWindow]) -> None:
    found = search_generator(FAR_OFF, SPACE, windows, replace(QUICK, seconds=1e-6), 10)
    assert len(found.study.trials) == 1
    assert {**found.settings.parameters} == {**FAR_OFF.parameters, "dropout": 0.5}


def test_no_trial_begins_that_would_end_too_late(windows: list[TuningWindow], monkeypatch: pytest.MonkeyPatch) -> None:
    original = TuningWindow.ndcg

    def slow(*arguments: Any) -> Any:
        time.sleep(0.1)
        return original(*arguments)

    monkeypatch.setattr(TuningWindow, "ndcg", slow)
    found = search_generator(FAR_OFF, SPACE, windows, replace(QUICK, trials=1000, seconds=1.0), 10)
    assert found.study.ending == "time"
    assert found.seconds < 1.5


def test_a_finished_search_is_read_from_its_journal(windows: list[TuningWindow], tmp_path: Path) -> None:
    few = replace(QUICK, trials=3)
    journal = tmp_path / "ease.jsonl"
    found, again = (search_generator(FAR_OFF, SPACE, windows, few, 10, journal) for _ in range(2))
    assert again.study == found.study
    assert again.fit_seconds == 0, "nothing was fitted"


def test_a_costly_parameter_stays_low_where_time_is_short(windows: list[TuningWindow]) -> None:
    als = GeneratorSettings("ALS", "als", {"factors": 8, "iterations": 2})
    space = {"factors": Range(8, 4000, log=True, whole=True)}
    found = search_generator(als, space, windows, replace(QUICK, trials=6, seconds=0.5), 10)
    assert max(int(trial.parameters["factors"]) for trial in found.study.trials) < 1000
