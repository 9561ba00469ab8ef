"""The real Airflow and MLflow under the platform."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tessera.platform.airflow_client import AirflowClient
from tests.tessera.platform_parts import eventually
from warehouse.windows import Window

DAG = """
from datetime import datetime
from airflow.sdk import DAG, task
from airflow.timetables.interval import CronDataIntervalTimetable

daily = CronDataIntervalTimetable("0 0 * * *", timezone="UTC")
with DAG("days", schedule=daily, start_date=datetime(2026, 1, 1), catchup=False, is_paused_upon_creation=False):
    @task
    def say(data_interval_start=None, data_interval_end=None, dag_run=None):
        print("interval", data_interval_start.date(), data_interval_end.date(), dag_run.conf)
    say()
"""

CALLER = """
import sys, time
from pathlib import Path
from tessera.platform import Platform, PlatformPlan, Ports
home = Path(sys.argv[1])
servers = ("mailbox", "scheduler", "dag-processor", "api-server", "triggerer", "mlflow")
plan = PlatformPlan(home=home / "home", dags=home / "dags", ports=Ports(0, 0, 0, 0, 0), only=servers)
with Platform(plan) as platform:
    platform.wait_healthy(timeout=150)
    print(platform.address("airflow"), platform.address("mlflow"), platform.credentials.password, flush=True)
    time.sleep(600)
"""


@pytest.mark.end_to_end
def test_airflow_and_mlflow_work_and_nothing_is_left_when_their_caller_is_killed(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "days.py").write_text(DAG)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    argv = [sys.executable, "-c", CALLER, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=root, env=environment) as caller:
        try:
            assert caller.stdout is not None
            airflow, mlflow, password = caller.stdout.readline().split()
            run_days(airflow, password)
            assert httpx.get(f"{mlflow}/version").text.startswith("3.")
            family = psutil.Process(caller.pid).children(recursive=True)
            assert len(family) >= 8
            assert listens_on_the_loopback_only(family)
        finally:
            caller.send_signal(signal.SIGKILL)
    assert eventually(lambda: not [member for member in family if member.is_running()], 30.0)


def run_days(airflow: str, password: str) -> None:
    with AirflowClient(airflow, "admin", password) as client:
        client.wait_for_dags(["days"])
        assert set(client.health().values()) == {"healthy"}
        assert client.import_errors() == []
        month = client.trigger("days", interval=Window.parse("2026-02-01", "2026-03-01"), conf={"why": "test"})
        month = client.wait_for_run(month, timeout=90)
        task = client.task_instances("days", month.run_id)[0]
        assert (month.state, task.state, task.map_index) == ("success", "success", -1)
        said = "interval 2026-02-01 2026-03-01 {'why': 'test'}"
        # a task may end a moment before its log is on the disk
        assert eventually(lambda: said in client.task_log(task), 30.0)
        backfill = client.backfill("days", Window.parse("2026-01-05", "2026-01-07"), max_active_runs=2)
        runs = client.wait_for_backfill(backfill, timeout=90)
        assert {str(run.start)[:10]: run.state for run in runs} == {"2026-01-05": "success", "2026-01-06": "success"}


def listens_on_the_loopback_only(family: list[psutil.Process]) -> bool:
    listening = [
        connection.laddr.ip
        for member in family
        for connection in member.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    return set(listening) == {"127.0.0.1"}
