"""What a person sees of every DAG, and what its schedule and its edges promise."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dags.airflow_parts import DAG_IDS, ROOT, dags

pytestmark = pytest.mark.xdist_group("dags")

CRONS = {
    "ingest_interactions": "0 0 * * *",
    "assign_segments": "0 0 * * 1",
    "train_segments": "0 0 * * 1",
    "monitor_segments": "0 0 * * *",
    "publish_recommendations": "0 0 * * *",
    "deliver_mail": "*/5 * * * *",
}
EDGES = {
    "ingest_interactions": set(),
    "assign_segments": {("interactions_arrived", "assign")},
    "train_segments": {
        ("segments_assigned", "plan"),
        ("segments_assigned", "train_global"),
        ("plan", "train_segment"),
        ("train_global", "train_segment"),
        ("plan", "summarise"),
        ("train_segment", "summarise"),
    },
    "monitor_segments": {
        ("interactions_arrived", "judge"),
        ("judge", "plan"),
        ("plan", "retrain"),
        ("retrain", "waiting"),
        ("waiting", "ask"),
        ("judge", "mail"),
        ("ask", "mail"),
        ("mail", "deliver"),
    },
    "publish_recommendations": {("interactions_arrived", "publish")},
    "deliver_mail": set(),
    "move_champion": set(),
    "approve_promotion": {("approve", "promote")},
}
POOLS = {
    ("ingest_interactions", "ingest"): "lake",
    ("assign_segments", "assign"): "lake",
    ("publish_recommendations", "publish"): "lake",
    ("train_segments", "train_global"): "training",
    ("train_segments", "train_segment"): "training",
}
PARAMS = {
    "ingest_interactions": {"start", "end"},
    "assign_segments": {"as_of"},
    "train_segments": {"segments", "as_of", "strategy", "reason", "drift"},
    "monitor_segments": {"as_of", "anew"},
    "publish_recommendations": {"as_of"},
    "deliver_mail": set(),
    "move_champion": {"segment", "action", "version", "expected", "reason"},
    "approve_promotion": {"segment", "version", "expected", "as_of", "reason"},
}


@pytest.fixture(scope="module")
def parsed(airflow_home: Path) -> dict[str, Any]:
    return dags()


def unmapped(task: Any, name: str) -> Any:
    """An attribute of a task, mapped or not."""
    return task.partial_kwargs.get(name, getattr(task, name, None)) if task.is_mapped else getattr(task, name)


def test_there_is_one_dag_a_file_named_alike(parsed: dict[str, Any]) -> None:
    assert sorted(parsed) == sorted(DAG_IDS)
    assert {dag_id: Path(dag.fileloc).stem for dag_id, dag in parsed.items()} == {name: name for name in DAG_IDS}


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_the_text_that_people_read_has_a_title_and_says_what_is_written(parsed: dict[str, Any], dag_id: str) -> None:
    text = parsed[dag_id].doc_md
    assert text.startswith("### ")
    assert len(text.split()) >= 40
    assert parsed[dag_id].tags >= {"tessera"}
    assert len(parsed[dag_id].tags) == 2


@pytest.mark.parametrize("dag_id", CRONS)
def test_schedules_have_data_intervals(parsed: dict[str, Any], dag_id: str) -> None:
    from airflow.sdk import CronDataIntervalTimetable

    timetable = parsed[dag_id].schedule
    assert isinstance(timetable, CronDataIntervalTimetable)
    assert (timetable.expression, str(timetable.timezone)) == (CRONS[dag_id], "UTC")
    assert parsed[dag_id].catchup is False
    assert parsed[dag_id].start_date <= datetime(2001, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_has_an_owner_retries_and_a_timeout(parsed: dict[str, Any], dag_id: str) -> None:
    for task in parsed[dag_id].tasks:
        assert task.owner == "tessera", task.task_id
        assert unmapped(task, "execution_timeout") == timedelta(hours=2), task.task_id
        # naming what failed needs no second try: it would fail again
        assert unmapped(task, "retries") >= (task.task_id != "summarise"), task.task_id


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_heavy_tasks_run_in_their_pool(parsed: dict[str, Any], dag_id: str) -> None:
    found = {(dag_id, task.task_id): unmapped(task, "pool") for task in parsed[dag_id].tasks}
    expected = {key: pool for key, pool in POOLS.items() if key[0] == dag_id}
    assert {key: pool for key, pool in found.items() if pool != "default_pool"} == expected


def test_every_pool_of_the_dags_is_created_at_the_start() -> None:
    created = json.loads((ROOT / "dags" / "pools.json").read_text())
    assert set(created) == set(POOLS.values())
    assert all(pool["slots"] >= 1 for pool in created.values())


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_edges_are_those_of_the_loop(parsed: dict[str, Any], dag_id: str) -> None:
    edges = {(task.task_id, after) for task in parsed[dag_id].tasks for after in task.downstream_task_ids}
    assert edges == EDGES[dag_id]


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_parameters_are_described_and_optional(parsed: dict[str, Any], dag_id: str) -> None:
    params = parsed[dag_id].params
    assert set(params) == PARAMS[dag_id]
    assert all(params.get_param(name).description for name in params)
    params.validate()


@pytest.mark.parametrize(
    "wrong",
    [{"strategy": "magic"}, {"segments": "s1"}, {"segments": [1]}, {"reason": "x" * 501}, {"as_of": "yesterday"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_training_refuses_wrong_parameters(parsed: dict[str, Any], wrong: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = parsed["train_segments"].params
    [(name, value)] = wrong.items()
    with pytest.raises(ParamValidationError):
        params.get_param(name).resolve(value)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_waiting_for_data_frees_the_worker(parsed: dict[str, Any], dag_id: str) -> None:
    waiting = [task for task in parsed[dag_id].tasks if task.task_id in ("interactions_arrived", "segments_assigned")]
    assert len(waiting) == (dag_id in CRONS and dag_id not in ("ingest_interactions", "deliver_mail"))
    assert all((task.mode, task.timeout) == ("reschedule", 12 * 3600) for task in waiting)


def test_monitoring_asks_dags_that_exist_and_waits_for_the_training_alone(parsed: dict[str, Any]) -> None:
    asked = {name: parsed["monitor_segments"].get_task(name).partial_kwargs for name in ("retrain", "ask")}
    assert {one["trigger_dag_id"] for one in asked.values()} <= set(parsed)
    assert (asked["retrain"]["wait_for_completion"], asked["retrain"]["deferrable"]) == (True, True)
    assert "wait_for_completion" not in asked["ask"]


def test_no_answer_means_no_promotion(parsed: dict[str, Any]) -> None:
    approve = parsed["approve_promotion"].get_task("approve")
    assert (approve.defaults, approve.response_timeout) == (["Reject"], timedelta(days=3))


def test_what_only_people_start_has_no_schedule_and_is_never_paused(parsed: dict[str, Any]) -> None:
    asked = parsed["move_champion"]
    assert asked.schedule is None
    assert asked.is_paused_upon_creation is False


def test_the_files_hold_no_logic_of_their_own() -> None:
    for dag_id in DAG_IDS:
        source = (ROOT / "dags" / f"{dag_id}.py").read_text()
        assert re.findall(r"^(?:from|import) (?:tessera|pandas|mlflow|training|warehouse)\b", source, re.M) == []
        assert len(source.splitlines()) <= 120
