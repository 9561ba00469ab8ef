"""Real runs of the DAGs in this process: Airflow's own ``dag.test()`` on a temporary metadata database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from training.registry import Registry
from warehouse.store import Store
from warehouse.windows import Window

ROOT = Path(__file__).parents[2]
FAILING = "s2"
DAG_IDS = (
    "approve_promotion",
    "assign_segments",
    "deliver_mail",
    "ingest_interactions",
    "monitor_segments",
    "move_champion",
    "publish_recommendations",
    "train_segments",
)


def airflow_variables(home: Path) -> dict[str, str]:
    """Environment of an Airflow that lives in ``home`` alone."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-tests-" * 5,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


def tiny_settings(home: Path) -> dict[str, str]:
    """Settings with which every step takes seconds on a lake of some hundred users."""
    return {
        "TESSERA_HOME": str(home),
        "TESSERA_SOURCE": str(home / "shop"),
        "TESSERA_MLFLOW_URI": f"sqlite:///{home / 'mlflow.db'}",
        "TESSERA_SEGMENTATION__MINIMUM_SIZE": "80",
        "TESSERA_SEGMENTATION__BOOTSTRAPS": "2",
        "TESSERA_SEGMENTATION__K_RANGE": "[2, 3]",
        "TESSERA_TRAINING__PLACEBO": "false",
        "TESSERA_TRAINING__CONTROL": "false",
        "TESSERA_TRAINING__BACKTEST__GATE_WINDOWS": "1",
        "TESSERA_TRAINING__BACKTEST__MINIMUM_HISTORY_DAYS": "7",
        "TESSERA_TRAINING__SPINE__RANKER": '{"seeds": [1], "trees": 10, "users": 200}',
        "TESSERA_TRAINING__HEAD__TRIALS": "4",
        "TESSERA_DRIFT__REPLICATES": "20",
    }


@dataclass(frozen=True)
class Run:
    """One ended run.

    Attributes:
        state: of the whole run.
        states: of each task, by ``task_id`` or ``task_id[label]`` where it is mapped.
        results: what each task returned.
        errors: what went wrong, a line each.
    """

    state: str
    states: dict[str, str]
    results: dict[str, Any]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Runner:
    """Runs DAGs over the days of ``window``."""

    window: Window

    @property
    def end(self) -> str:
        """The day after the last one."""
        return self.window.end.isoformat()

    def run(self, dag_id: str, backfill: bool = False, **conf: Any) -> Run:
        """Run once, for the interval that ends with the window, or as ``conf`` names it."""
        with pytest.MonkeyPatch.context() as patch:
            if backfill:
                _as_backfill(patch)
            logical_date = datetime.combine(self.window.end, time(), UTC)
            with capture_logs([format_exc_info]) as lines:
                ended = dags()[dag_id].test(logical_date=logical_date, run_conf=conf)
        return _outcome(ended, lines)

    def succeed(self, dag_id: str, **conf: Any) -> Run:
        """The same, and every task of it must succeed."""
        ended = self.run(dag_id, **conf)
        if ended.state != "success" or set(ended.states.values()) != {"success"}:
            pytest.fail(f"{dag_id} ended {ended.state}: {ended.states}")
        return ended


def dags() -> dict[str, Any]:
    """The DAGs as Airflow parses them, fresh (a run's parameters stay on its DAG), with retries that do not wait."""
    from datetime import timedelta

    from airflow.dag_processing.dagbag import BundleDagBag

    import_module("conventions").DEFAULTS["retry_delay"] = timedelta(0)
    folder = ROOT / "dags"
    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors:
        pytest.fail(f"DAG files that do not parse: {bag.import_errors}")
    return dict(bag.dags)


def _as_backfill(patch: pytest.MonkeyPatch) -> None:
    """Airflow's own test run is a manual one; this makes the row in its database a backfill's."""
    from airflow.models import dagrun
    from airflow.utils.types import DagRunType

    create = dagrun.get_or_create_dagrun

    def created(**options: Any) -> Any:
        run = create(**options)
        run.run_type = DagRunType.BACKFILL_JOB
        options["session"].commit()
        return run

    patch.setattr(dagrun, "get_or_create_dagrun", created)


def _outcome(run: Any, lines: Sequence[Any]) -> Run:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        tasks = run.get_task_instances(session=session)
        names = {(t.task_id, t.map_index): _name(t) for t in tasks}
        states = {names[t.task_id, t.map_index]: str(t.state) for t in tasks}
        rows = session.scalars(select(XComModel).where(XComModel.dag_run_id == run.id, XComModel.key == "return_value"))
        results = {names[row.task_id, row.map_index]: XComModel.deserialize_value(row) for row in rows}
    errors = tuple(str(line) for line in lines if line["log_level"] in ("error", "exception"))
    return Run(str(run.state), states, results, errors)


def _name(task: Any) -> str:
    return task.task_id if task.map_index < 0 else f"{task.task_id}[{task.rendered_map_index}]"


def lake() -> Store:
    """The tables that the runs write."""
    from tessera.settings import load

    return Store(load().lake)


def registry() -> Registry:
    """The models that the runs register."""
    from tessera.settings import load

    return Registry(load().mlflow_uri, load().ledger)


def runs_of(dag_id: str) -> int:
    """How many runs of a DAG Airflow knows."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        return int(session.scalar(select(func.count()).select_from(DagRun).where(DagRun.dag_id == dag_id)) or 0)
