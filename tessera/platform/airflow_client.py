"""Airflow's public REST API (v2), as much of it as running the loop needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from tessera.platform.airflow_records import Backfill, DagRun, ImportFailure, TaskInstance
from tessera.platform.airflow_session import AirflowError, AirflowSession
from tessera.platform.patience import Patience, RunProgress
from warehouse.windows import Window


class AirflowClient:
    """A logged-in client; use it as a context.

    Args:
        address: such as ``http://127.0.0.1:8080``.
        username: of the simple login.
        password: of the simple login.
        timeout: seconds for one request; a busy machine answers slowly.
        poll: seconds between two looks at something that is waited for.
    """

    def __init__(self, address: str, username: str, password: str, *, timeout: float = 60.0, poll: float = 1.0) -> None:
        self._session = AirflowSession(address, username, password, timeout)
        self._poll = poll

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def health(self) -> dict[str, str]:
        """Component name to status (``healthy`` …)."""
        answer = self._session.request("GET", "monitor/health")
        return {name: str((part or {}).get("status")) for name, part in answer.items()}

    def import_errors(self) -> list[ImportFailure]:
        """Files in the DAG folder that could not be parsed."""
        return [ImportFailure.from_json(row) for row in self._session.pages("importErrors", "import_errors")]

    def dags(self) -> list[str]:
        """Ids of the DAGs that Airflow knows."""
        return [str(row["dag_id"]) for row in self._session.pages("dags", "dags")]

    def wait_for_dags(self, dag_ids: Iterable[str], timeout: float = 120.0) -> None:
        """Wait until all of ``dag_ids`` are parsed.

        Raises:
            AirflowError: not in time; with the import errors, if there are any.
        """
        wanted, patience = set(dag_ids), Patience(timeout, self._poll)
        while missing := wanted - set(self.dags()):
            broken = "".join(f"\n{failure.filename}:\n{failure.stack_trace}" for failure in self.import_errors())
            patience.wait(f"DAGs {sorted(missing)} are not parsed{broken}")

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run ``dag_id``; a daily DAG at once gets a run for its newest interval."""
        self._session.request("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Let the scheduler start no more runs of ``dag_id``."""
        self._session.request("PATCH", f"dags/{dag_id}", json={"is_paused": True})

    def trigger(
        self,
        dag_id: str,
        *,
        interval: Window | None = None,
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
    ) -> DagRun:
        """Start one run.

        Args:
            dag_id: which DAG; a paused one keeps the run queued.
            interval: its data interval, whose start becomes the logical date; None: a run without one.
            conf: values for the DAG's params.
            run_id: unique name of the run; None: Airflow makes one.

        Raises:
            AirflowError: refused, for example because ``conf`` does not fit the params.
        """
        body: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        if interval is not None:
            start, end = interval.start_ts.isoformat(), interval.end_ts.isoformat()
            body |= {"logical_date": start, "data_interval_start": start, "data_interval_end": end}
        if run_id is not None:
            body["dag_run_id"] = run_id
        return DagRun.from_json(self._session.request("POST", f"dags/{dag_id}/dagRuns", json=body))

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """The present state of one run."""
        return DagRun.from_json(self._session.request("GET", f"dags/{dag_id}/dagRuns/{run_id}"))

    def runs(self, dag_id: str) -> list[DagRun]:
        """All runs of a DAG, oldest first."""
        rows = self._session.pages(f"dags/{dag_id}/dagRuns", "dag_runs", order_by="id")
        return [DagRun.from_json(row) for row in rows]

    def wait_for_run(self, run: DagRun, timeout: float = 600.0, progress: RunProgress | None = None) -> DagRun:
        """Wait until ``run`` has ended.

        Args:
            run: as triggered.
            timeout: seconds.
            progress: called on every change of its state.

        Returns:
            The run in its final state, ``success`` or ``failed``.

        Raises:
            AirflowError: not ended in time.
        """
        patience = Patience(timeout, self._poll, progress)
        while not (now := self.run(run.dag_id, run.run_id)).ended:
            patience.note(now)
            patience.wait(f"run {run.run_id} of {run.dag_id} is still {now.state}")
        patience.note(now)
        return now

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """The tasks of one run, one row per mapped instance."""
        rows = self._session.pages(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances")
        return [TaskInstance.from_json(row) for row in rows]

    def task_log(self, task: TaskInstance) -> str:
        """What the last try of a task has printed."""
        where = f"dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}/logs/{max(1, task.try_number)}"
        answer = self._session.request("GET", where, params={"map_index": task.map_index, "full_content": True})
        return "\n".join(str(line["event"]) if isinstance(line, dict) else str(line) for line in answer["content"])

    def answer(self, task: TaskInstance, option: str) -> None:
        """Answer a task that waits for a person (``awaiting_input``) with one of its options.

        Raises:
            AirflowError: it does not wait, or has no such option.
        """
        where = f"dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}/{task.map_index}/hitlDetails"
        self._session.request("PATCH", where, json={"chosen_options": [option], "params_input": {}})

    def backfill(
        self,
        dag_id: str,
        window: Window,
        *,
        reprocess: str = "none",
        max_active_runs: int = 1,
        backwards: bool = False,
        conf: Mapping[str, Any] | None = None,
    ) -> Backfill:
        """Create one run for every daily data interval in ``window``.

        Args:
            dag_id: a DAG with a cron timetable; others cannot be backfilled.
            window: half-open days, not empty.
            reprocess: which existing runs to run again: ``none``, ``failed`` or ``completed``.
            max_active_runs: of this backfill at a time.
            backwards: newest first.
            conf: values for the DAG's params.

        Raises:
            AirflowError: refused: no periodic schedule (422), or another backfill of the DAG is active (409).
        """
        body = {
            "dag_id": dag_id,
            "from_date": window.start_ts.isoformat(),
            "to_date": (window.end_ts - timedelta(days=1)).isoformat(),  # Airflow counts the last date in
            "reprocess_behavior": reprocess,
            "max_active_runs": max_active_runs,
            "run_backwards": backwards,
            "dag_run_conf": dict(conf or {}),
        }
        return Backfill.from_json(self._session.request("POST", "backfills", json=body))

    def backfill_state(self, backfill: Backfill) -> Backfill:
        """The backfill as it is now; once ``completed``, Airflow accepts another one for the DAG."""
        return Backfill.from_json(self._session.request("GET", f"backfills/{backfill.id}"))

    def wait_for_backfill(
        self,
        backfill: Backfill,
        timeout: float = 1200.0,
        progress: RunProgress | None = None,
        *,
        until_closed: bool = False,
    ) -> list[DagRun]:
        """Wait until every run of ``backfill`` has ended.

        Args:
            backfill: as created.
            timeout: seconds.
            progress: called on every change of a run's state.
            until_closed: also wait until Airflow calls it completed, up to half a minute later, and accepts another.

        Returns:
            The runs of its days, oldest first.

        Raises:
            AirflowError: not ended in time.
        """
        patience = Patience(timeout, self._poll, progress)
        while True:
            runs, completed = self._runs_in(backfill), self.backfill_state(backfill).completed
            for run in runs:
                patience.note(run)
            if completed or (runs and all(run.ended for run in runs) and not until_closed):
                return runs
            patience.wait(f"backfill {backfill.id} of {backfill.dag_id} is not over")

    def _runs_in(self, backfill: Backfill) -> list[DagRun]:
        runs = self.runs(backfill.dag_id)
        return [run for run in runs if run.logical_date is not None and run.logical_date.date() in backfill.window]


__all__ = ["AirflowClient", "AirflowError"]
