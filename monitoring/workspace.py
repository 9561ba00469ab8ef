"""Evidently's own workspace, made from the kept snapshots: a project a segment, a run a day, a panel a column."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evidently.core.report import Snapshot
    from evidently.ui.workspace import Project

_RESULT = "evidently:metric_result_v2:SingleValue"


def fill_workspace(
    folder: Path,
    reports: Path,
    names: Mapping[str, str],
    days: int = 60,
    describe: Callable[[str], str] = lambda segment: segment,
) -> int:
    """Replace the workspace in ``folder`` by the snapshots of the newest ``days`` days; how many there are.

    It is made when somebody wants to look: a monitoring run pays nothing for it, and old days are in it too. Values
    and tests are those that were kept; pictures of distributions are in the HTML pages of drifted segments alone.

    Args:
        folder: of the workspace; what was in it goes.
        reports: of monitoring: ``<day>/<segment>.json``.
        names: of segments, by id.
        days: newest ones; a run costs about 40 KB and a hundredth of a second.
        describe: text of a segment's project, such as the address of its page.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")  # Evidently reads it when imported
    from evidently.ui.workspace import Workspace

    shutil.rmtree(folder, ignore_errors=True)
    workspace, kept = Workspace.create(str(folder)), _kept(reports, days)
    for segment, results in sorted(kept.items()):
        title = f"{segment} · {names[segment]}" if segment in names else segment
        project = workspace.create_project(title, describe(segment))
        for day, found in results:
            workspace.add_run(project.id, snapshot(found, day), name=day.isoformat())
        _add_panels(project, results[-1][1])
    return sum(map(len, kept.values()))


def snapshot(found: Mapping[str, Any], day: date) -> Snapshot:
    """A kept snapshot (:func:`monitoring.report.save_json`) as Evidently's own, of that day."""
    from evidently.core.report import Snapshot

    results = {_name(metric["config"]): _result(metric, found["tests"]) for metric in found["metrics"]}
    return Snapshot.load_dict(
        {
            "report": {"items": []},
            "timestamp": datetime.combine(day, time(), UTC).isoformat(),
            "metadata": {},
            "tags": [],
            "metric_results": results,
            "top_level_metrics": list(results),
            "widgets": [widget for result in results.values() for widget in result["widget"]],
            "tests_widgets": [_tests_widget(found["tests"])],
        }
    )


def _kept(reports: Path, days: int) -> dict[str, list[tuple[date, Mapping[str, Any]]]]:
    """By segment, oldest first; files that are no snapshot (findings, drafts) are passed over."""
    kept: dict[str, list[tuple[date, Mapping[str, Any]]]] = {}
    folders = sorted(path for path in reports.glob("????-??-??") if path.is_dir())
    for folder in folders[-days:]:
        for file in sorted(folder.glob("[!.]*.json")):
            found = json.loads(file.read_text(encoding="utf-8"))
            if "metrics" in found and "tests" in found:
                kept.setdefault(file.stem, []).append((date.fromisoformat(folder.name), found))
    return kept


def _name(config: Mapping[str, Any]) -> str:
    return f"{config['column']} {config['method']}"


def _result(metric: Mapping[str, Any], tests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    config, name = metric["config"], _name(metric["config"])
    # a threshold of every day's own would make every day a line of its own
    same = {"metric_id": name, "params": {key: config[key] for key in ("type", "column", "method")}}
    said = f"{config['method']} distance, threshold {config['threshold']:.3f}"
    counter = {"value": f"{config['column']}: {metric['value']:.3f}", "label": said}
    return {
        "type": _RESULT,
        "display_name": f"Value drift for {config['column']}",
        "metric_value_location": {"metric": same, "param": {}},
        "widget": [_widget("counter", name, {"counters": [counter]}, [name])],
        "tests": [{**test, "metric_config": same} for test in tests if test["metric_config"]["params"] == config],
        "value": metric["value"],
    }


def _tests_widget(tests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    lines = [
        {"title": t["name"], "description": t["description"], "state": t["status"].lower(), "groups": []} for t in tests
    ]
    return _widget("test_suite", "tests", {"v2_test": True, "tests": lines})


def _widget(kind: str, name: str, params: Any, metrics: Sequence[str] = ()) -> dict[str, Any]:
    return {"type": kind, "title": "", "size": 2, "id": name, "params": params, "linked_metrics": list(metrics)}


def _add_panels(project: Project, newest: Mapping[str, Any]) -> None:
    """The distance of every column over the days."""
    from evidently.sdk.models import PanelMetric
    from evidently.sdk.panels import line_plot_panel

    for metric in newest["metrics"]:
        column = metric["config"]["column"]
        value = PanelMetric(legend=column, metric="ValueDrift", metric_labels={"column": column})
        project.dashboard.add_panel(line_plot_panel(title=f"Distance of {column}", values=[value], size="half"))
