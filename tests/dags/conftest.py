"""One migrated Airflow and one tiny lake for the tests of the DAGs."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interactions.simulation import Scenario, simulate
from tests.dags.airflow_parts import FAILING, ROOT, Run, Runner, airflow_variables, tiny_settings

DAYS = 40


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Forty quiet days of a small shop."""
    return dataclasses.replace(Scenario.demo(), days=DAYS, users=500, items=120, events=12_000, drifts=())


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An Airflow with a migrated SQLite of its own; this process talks to it, nothing else is started."""
    if "airflow" in sys.modules:
        pytest.fail("Airflow was imported before its folder was chosen: tests import it inside functions only")
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in airflow_variables(home).items():
            patch.setenv(name, value)
        patch.syspath_prepend(str(ROOT / "dags"))
        from airflow.utils.db import initdb

        initdb()
        yield home


@pytest.fixture(scope="session")
def runner(airflow_home: Path, scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Runs DAGs for real on one tiny lake, whose history is ingested."""
    from tessera.settings import load

    home = tmp_path_factory.mktemp("lake")
    simulate(home / "shop", scenario)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TESSERA_")]:
            patch.delenv(name)
        for name, value in tiny_settings(home).items():
            patch.setenv(name, value)
        patch.chdir(home)  # MLflow without a server writes beside the caller
        load.cache_clear()
        on_lake = Runner(scenario.window)
        on_lake.succeed("ingest_interactions", start=scenario.start.isoformat(), end=on_lake.end)
        yield on_lake
    load.cache_clear()


@pytest.fixture(scope="session")
def assignment(runner: Runner) -> Run:
    """The run that put users into segments."""
    return runner.succeed("assign_segments")


@pytest.fixture(scope="session")
def first_training(runner: Runner, assignment: Run) -> Run:
    """Trained everything; the training of the segment ``FAILING`` broke."""
    from tessera import steps

    train = steps.train_segment

    def breaking(segment: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        if segment == FAILING:
            raise RuntimeError("its users are a mess")
        return train(segment, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "train_segment", breaking)
        return runner.run("train_segments", reason="first")
