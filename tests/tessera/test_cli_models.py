"""Who serves, from the command line: a real MLflow registry on SQLite, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from recommender import artifact
from recommender.head import SegmentHead
from tessera.settings import Settings
from tests.tessera.conftest import Environment
from tests.tessera.test_cli import run
from training.registry import Registry
from training.versions import MODEL_FOLDER
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

AS_OF = date(2026, 3, 8)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture
def registry(environment: Environment, tracking: str, tmp_path: Path) -> Iterator[Registry]:
    settings = environment.load(TESSERA_MLFLOW_URI=tracking, TESSERA_HOME=str(tmp_path / "home"))
    return Registry(tracking, settings.ledger)


def register(registry: Registry, segment: str, days: tuple[int, ...], folder: Path) -> Path:
    """Register one head of ``segment`` for each day of March; returns where the last one's files are kept."""
    client = registry._client
    client.create_registered_model(f"tessera-{segment}")
    experiment = client.create_experiment(f"of-{segment}", artifact_location=(folder / "files").as_uri())
    for day in days:
        head = SegmentHead(segment, {"i1": 0.5}, prior_weight=1.0, parent_version="1")
        artifact.save(head, folder / f"head-{day}")
        run_id = client.create_run(experiment).info.run_id
        client.log_artifacts(run_id, str(folder / f"head-{day}"), MODEL_FOLDER)
        tags = {"as_of": date(2026, 3, day).isoformat(), "segment_id": segment, "parent_version": "1"}
        client.create_model_version(f"tessera-{segment}", "kept", run_id, tags=tags)
    return folder / "files" / run_id / "artifacts" / MODEL_FOLDER


def champion(registry: Registry, segment: str) -> str | None:
    found = registry.champion(f"tessera-{segment}")
    return found.version if found else None


def test_promotions_and_rollbacks_move_the_champion(registry: Registry, tmp_path: Path) -> None:
    register(registry, "moves", (1, 8), tmp_path)
    assert "version 1 serves instead of the parent" in run("promote", "--segment", "moves", "--version", 1)
    assert "version 2 serves instead of 1" in run("promote", "--segment", "moves", "--version", 2)
    assert champion(registry, "moves") == "2"
    assert "version 1 serves instead of 2" in run("rollback", "--segment", "moves", "--reason", "complaints")
    assert "the parent serves" in run("rollback", "--segment", "moves")
    assert champion(registry, "moves") is None
    run("rollback", "--segment", "moves", expect=1)


def test_an_older_version_and_an_unexpected_champion_are_refused(registry: Registry, tmp_path: Path) -> None:
    register(registry, "refused", (1, 8), tmp_path)
    run("promote", "--segment", "refused", "--version", 2, "--expected", "none")
    assert "older" in run("promote", "--segment", "refused", "--version", 1, expect=1)
    said = run("promote", "--segment", "refused", "--version", 1, "--expected", "none", expect=1)
    assert "expected the champion none, found 2" in said
    assert champion(registry, "refused") == "2"


def test_a_version_that_is_not_registered_is_one_message(registry: Registry) -> None:
    said = run("promote", "--segment", "nobody", "--version", 1, expect=2)
    assert said.startswith("error: ")


def test_the_doctor_finds_a_damaged_champion(registry: Registry, tmp_path: Path) -> None:
    files = register(registry, "damaged", (1,), tmp_path)
    run("promote", "--segment", "damaged", "--version", 1)
    line = next(line for line in run("doctor").splitlines() if "tessera-damaged" in line)
    assert "proved on global v1, which is not live" in line
    victim = next(file for file in files.iterdir() if file.name != "manifest.json")
    victim.write_bytes(victim.read_bytes()[:-1])
    line = next(line for line in run("doctor", expect=1).splitlines() if "tessera-damaged" in line)
    assert "problem" in line
    assert "tessera rollback --segment damaged" in line


def test_the_gates_numbers_are_shown_as_they_were_written(environment: Environment, tmp_path: Path) -> None:
    settings: Settings = environment.load(TESSERA_HOME=str(tmp_path / "home"))
    row = {"as_of": AS_OF, "segment_id": "s1", "strategy": "head", "verdict": "falls_back", "reason": "not proved"}
    row |= {"users": 1234, "windows": 3, "metric": "ndcg@10", "parent": 0.1, "challenger": 0.1125, "difference": 0.0125}
    row |= {"lower": -0.0031, "upper": 0.028, "margin": 0.0, "p_value": 0.09, "model_version": "4", "promoted": False}
    row |= {"detail": '{"windows": [{"label": "2026-03-01", "users": 400, "difference": 0.0077}]}'}
    complete = pd.DataFrame([dict.fromkeys(TABLES["gate_decisions"].schema.names) | row])
    Store(settings.lake).replace("gate_decisions", complete, Window.day(AS_OF))
    shown = run("evaluate", "--as-of", AS_OF, "--segment", "s1")
    for expected in ("falls back", "1,234", "0.1125", "[-0.0031, 0.0280]", "not proved", "0.0077", "v4"):
        assert expected in shown
    assert "no decision for 's9'" in run("evaluate", "--as-of", AS_OF, "--segment", "s9", expect=2)
    assert f"days with decisions: {AS_OF}" in run("evaluate", "--as-of", "2026-03-09", expect=2)
