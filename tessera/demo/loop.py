"""The loop as a platform engineer would drive it: triggers and backfills through Airflow's REST API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tessera.demo.calendar import Calendar
from tessera.errors import TesseraError
from tessera.platform.airflow_client import AirflowClient
from tessera.platform.airflow_records import DagRun
from warehouse.windows import Window

DAGS = (
    "ingest_interactions",
    "assign_segments",
    "train_segments",
    "monitor_segments",
    "publish_recommendations",
)
DELIVERY = "deliver_mail"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Loop:
    """One pass of the loop over the days of a calendar.

    Attributes:
        client: logged in to Airflow.
        calendar: which days.
        say: prints one line of progress.
        timeout: seconds that one run may take.
    """

    client: AirflowClient
    calendar: Calendar
    say: Say
    timeout: float = 1800.0

    def prepare(self) -> None:
        """Wait until the DAGs are parsed, then let them run."""
        self.client.wait_for_dags((*DAGS, DELIVERY))
        for dag in DAGS:
            self.client.unpause(dag)

    def learn(self) -> None:
        """Load the history, find the segments, train and prove the models, publish."""
        plan = self.calendar
        history = {"start": plan.history.start.isoformat(), "end": plan.history.end.isoformat()}
        self._run("ingest_interactions", "load the history " + str(plan.history), conf=history)
        week = Window.trailing(plan.trained, 7)
        self._run("assign_segments", f"segments as of {plan.trained}", week)
        self._run("train_segments", f"train and prove as of {plan.trained}", week)
        self._run("publish_recommendations", f"publish as of {plan.trained}", Window.trailing(plan.trained, 1))

    def replay(self) -> None:
        """The daily runs: ingest by a backfill, monitoring backfilled (no mail), then the last day's normal run."""
        plan = self.calendar
        self._backfill("ingest_interactions", plan.daily, runs=2)
        self._backfill("monitor_segments", plan.watched, runs=1)
        self._run("monitor_segments", f"monitor {plan.last.start}, retrain what drifted, mail", plan.last)
        self._run("publish_recommendations", f"publish as of {plan.end}", plan.last)
        # by the clock on the wall from here on: while days are replayed its runs would only take turns with theirs
        self.client.unpause(DELIVERY)

    def _run(self, dag: str, what: str, interval: Window | None = None, conf: dict[str, Any] | None = None) -> None:
        self.say(f"{dag}: {what}")
        run = self.client.trigger(dag, interval=interval, conf=conf)
        ended = self.client.wait_for_run(run, self.timeout)
        self._expect_success([ended])
        self.say(f"{dag}: done in {ended.seconds or 0:.0f} s")

    def _backfill(self, dag: str, days: Window, runs: int) -> None:
        self.say(f"{dag}: backfill {days}, {days.length} daily runs")
        backfill = self.client.backfill(dag, days, max_active_runs=runs)
        self._expect_success(self.client.wait_for_backfill(backfill, self.timeout, self._note))

    def _note(self, run: DagRun) -> None:
        if run.ended:
            self.say(f"{run.dag_id}: {run.run_id} {run.state}, {run.seconds or 0:.0f} s")

    def _expect_success(self, runs: Iterable[DagRun]) -> None:
        for run in runs:
            if run.state != "success":
                raise TesseraError(f"{run.dag_id} {run.run_id} ended {run.state}:\n{self._failures(run)}")

    def _failures(self, run: DagRun) -> str:
        tasks = self.client.task_instances(run.dag_id, run.run_id)
        failed = [task for task in tasks if task.state in ("failed", "upstream_failed")]
        ends = [f"  {task.task_id} {task.label} {task.state}\n{self._log_end(task)}" for task in failed]
        return "\n".join(ends)

    def _log_end(self, task: Any) -> str:
        return "\n".join(f"    {line}" for line in self.client.task_log(task).splitlines()[-15:])
