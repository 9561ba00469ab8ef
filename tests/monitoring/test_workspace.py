"""Evidently's workspace, read back by Evidently itself."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.workspace import fill_workspace

DAYS = tuple(date(2026, 6, 27) + timedelta(days=n) for n in range(3))


def kept(value: float, threshold: float) -> dict[str, Any]:
    """A snapshot as monitoring keeps it."""
    config = {
        "type": "evidently:metric_v2:ValueDrift",
        "column": "category",
        "method": "jensenshannon",
        "threshold": threshold,
    }
    metric = {"id": f"id at {threshold}", "metric_name": "ValueDrift", "config": config, "value": value}
    bound = {
        "type": "evidently:bound_test:ValueDriftBoundTest",
        "test": {"type": "evidently:test_v2:ValueDriftTest", "is_critical": True},
        "metric_fingerprint": metric["id"],
    }
    test = {
        "id": "drift",
        "name": "Value Drift for column category",
        "description": f"Drift score is {value}",
        "metric_config": {"metric_id": metric["id"], "params": config},
        "test_config": {},
        "status": "FAIL" if value > threshold else "SUCCESS",
        "bound_test": bound,
    }
    return {"metrics": [metric], "tests": [test]}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    for n, day in enumerate(DAYS):
        (folder / day.isoformat()).mkdir(parents=True)
        for segment in ("s1", "s2"):
            file = folder / day.isoformat() / f"{segment}.json"
            file.write_text(json.dumps(kept(0.1 * (n + 1), 0.15 + n / 100)))
        (folder / day.isoformat() / "findings.json").write_text('{"verdicts": {}}')
    return folder


def test_a_segment_is_a_project_and_a_day_a_run_with_its_values_and_tests(tmp_path: Path, reports: Path) -> None:
    from evidently.ui.workspace import Workspace

    filled = fill_workspace(tmp_path / "ui", reports, {"s1": "Evening users"}, describe=lambda s: f"page of {s}")
    workspace = Workspace.create(str(tmp_path / "ui"))
    projects = {project.name: project for project in workspace.list_projects()}
    assert filled == 6
    assert set(projects) == {"s1 · Evening users", "s2"}
    project = projects["s1 · Evening users"]
    assert project.description == "page of s1"
    runs = [workspace.get_run(project.id, run) for run in workspace.list_runs(project.id)]
    found = {run.name: next(iter(run.metric_results.values())) for run in runs if run is not None}
    assert {name: result.value for name, result in found.items()} == pytest.approx(
        {"2026-06-27": 0.1, "2026-06-28": 0.2, "2026-06-29": 0.3}
    )
    assert [found[day.isoformat()].tests[0].status.value for day in DAYS] == ["SUCCESS", "FAIL", "FAIL"]
    assert {run.timestamp.replace(tzinfo=UTC) for run in runs if run} == {
        datetime(day.year, day.month, day.day, tzinfo=UTC) for day in DAYS
    }


def test_days_of_other_thresholds_are_one_line(tmp_path: Path, reports: Path) -> None:
    from evidently.ui.workspace import Workspace

    fill_workspace(tmp_path / "ui", reports, {})
    workspace = Workspace.create(str(tmp_path / "ui"))
    project = workspace.list_projects()[0]
    runs = [workspace.get_run(project.id, run) for run in workspace.list_runs(project.id)]
    assert len({tuple(run.metric_results) for run in runs if run is not None}) == 1
    assert [panel.title for panel in project.dashboard.model().panels] == ["Distance of category"]


def test_filled_again_with_fewer_days_holds_those_alone(tmp_path: Path, reports: Path) -> None:
    assert fill_workspace(tmp_path / "ui", reports, {}) == 6
    assert fill_workspace(tmp_path / "ui", reports, {}, days=1) == 2
    assert fill_workspace(tmp_path / "ui", tmp_path / "nothing", {}) == 0
