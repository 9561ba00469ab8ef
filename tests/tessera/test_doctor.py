from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
from packaging.requirements import Requirement

from tessera.doctor import Finding, examine
from tessera.doctor.folders import folders, source
from tessera.doctor.tables import missing_days, spool, tables
from tessera.doctor.versions import library
from tests.tessera.conftest import Environment
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

NOWHERE = "http://127.0.0.1:9"
SILENT = {f"TESSERA_{name}": NOWHERE for name in ("MLFLOW_URI", "AIRFLOW_URL", "API_URL")}


def ledger(store: Store, *days: date) -> None:
    for day in days:
        row = dict.fromkeys(TABLES["ingest_ledger"].schema.names, 0) | {"date": day, "reopened": []}
        store.replace("ingest_ledger", pd.DataFrame([row]), Window.day(day))


def test_a_fresh_installation_has_warnings_and_no_problems(environment: Environment) -> None:
    environment.set(**SILENT)
    found = {one.name: one for one in examine()}
    assert not [one for one in found.values() if one.level == "problem"]
    assert {"source", "lake", "MLflow", "Airflow", "API"} <= {n for n, one in found.items() if one.level == "warning"}
    assert all(one.advice for one in found.values() if one.level != "ok")


def test_wrong_settings_are_a_problem_and_end_the_examination(environment: Environment) -> None:
    environment.set(**SILENT, TESSERA_THREADS="0")
    *_, last = examine()
    assert (last.name, last.level) == ("settings", "problem")
    assert "threads" in last.seen


def test_a_library_outside_its_bounds_is_named_with_both_versions() -> None:
    assert library(Requirement("typer>=0.1")) is None
    old, absent = library(Requirement("typer>=900")), library(Requirement("no-such-library>=1"))
    assert old is not None
    assert (old.name, old.level) == ("typer", "problem")
    assert ">=900" in old.seen
    assert absent is not None
    assert "not installed" in absent.seen


def test_a_home_that_cannot_be_made_is_a_problem(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = list(folders(environment.load(TESSERA_HOME=str(tmp_path / "file" / "home"))))
    assert {one.level for one in found if one.name == "folder"} == {"problem"}


def test_a_source_is_read_through_its_mapping(environment: Environment, shop: Path, tmp_path: Path) -> None:
    assert source(environment.load(TESSERA_SOURCE=str(shop))).level == "ok"
    assert source(environment.load(TESSERA_SOURCE=str(shop), TESSERA_MAPPING="no-such")).level == "problem"
    assert source(environment.load(TESSERA_SOURCE=str(tmp_path / "gone"))).level == "problem"


def test_days_that_were_skipped_and_events_that_wait_are_named(environment: Environment, tmp_path: Path) -> None:
    settings = environment.load(TESSERA_HOME=str(tmp_path / "home"))
    ledger(Store(settings.lake), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 5))
    seen = " ".join(one.seen for one in tables(settings))
    assert "3 days ingested, the last one 2026-03-05" in seen
    assert "2 days in between were never ingested: 2026-03-03, 2026-03-04" in seen
    for day in ("2026-03-05", "2026-03-06"):
        (settings.spool / "events" / f"date={day}").mkdir(parents=True)
    assert list(spool(settings)) == [
        Finding(
            "spool", "warning", "posted events of 1 days wait since 2026-03-06", "the ingest of those days takes them"
        )
    ]


def test_no_day_is_missing_where_none_is() -> None:
    assert missing_days([date(2026, 3, 1)]) == []
    assert missing_days([date(2026, 2, 28), date(2026, 3, 1)]) == []
