"""### Monitor segments

Compares, segment by segment, the last days with the champion's reference window (one Evidently report each) and
judges: *drift*, *no drift*, *too little data* or *trouble with the data*. `plan` decides what each verdict leads to
(table `drift_actions`): only what drifted is retrained, within a budget, by one run of `train_segments` that names
segments, causes and this run. Models that wait for a person are asked about by `approve_promotion`; nothing waits for
the answer. Then one mail goes to whoever is on call.

* Tables: `drift_measurements`, `quality_measurements`, `drift_verdicts`, `drift_actions`, partition `as_of`; HTML
  reports for drifted segments.
* Run again, a day has the same verdicts and nothing is done twice; `anew` judges it by today's tables and champions.
* A backfilled run gives the same verdicts, retrains nothing and sends no mail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task, teardown
from conventions import as_of, calendar, is_backfill


@dag(
    **calendar("0 0 * * *"),
    doc_md=__doc__,
    tags=["tessera", "monitoring"],
    max_active_runs=1,
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="Empty: end of the interval"),
        "anew": Param(False, type="boolean", description="Judge a day again by today's tables and champions"),
    },
)
def monitor_segments() -> None:
    @task.sensor(poke_interval=30, timeout=timedelta(hours=12).total_seconds(), mode="reschedule")
    def interactions_arrived() -> bool:
        from tessera import steps

        return steps.ingested(as_of())

    @task
    def judge() -> dict[str, Any]:
        from tessera import steps

        return steps.monitor(as_of(), get_current_context()["params"]["anew"])

    @task
    def plan() -> list[dict[str, Any]]:
        from tessera import steps

        return [] if is_backfill() else steps.retrainings(as_of(), get_current_context()["run_id"])

    @task
    def waiting() -> list[dict[str, Any]]:
        from tessera import steps

        return steps.approvals(as_of())

    @task(trigger_rule="all_done", retries=4)
    def mail(verdict: Any) -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

        from tessera import steps

        if not verdict:
            # the run's last task: skipped, it would make a run succeed that judged nothing
            raise AirflowFailException("the day was not judged: see the log of 'judge', mend it and clear both")
        if is_backfill():
            raise AirflowSkipException("a backfill sends no mail")
        posted = steps.post_alerts(as_of(), get_current_context()["run_id"])
        if not posted["letters"]:
            raise AirflowSkipException("nothing to tell")
        return posted

    # a teardown: whatever a mail server does, it decides nothing about the run
    @teardown
    def deliver() -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowSkipException
        from notification import deliver

        if is_backfill():
            raise AirflowSkipException("a backfill sends no mail")
        return deliver()

    verdict, planned = judge(), plan()
    retrain = TriggerDagRunOperator.partial(
        task_id="retrain",
        trigger_dag_id="train_segments",
        logical_date=None,
        wait_for_completion=True,
        deferrable=True,
        poke_interval=3,
        # the run's id is that of its request: after a crash it is the same run again, not a second one
        reset_dag_run=True,
        # a failed retraining is news for the mail, not a reason to be silent
        allowed_states=["success", "failed"],
        failed_states=[],
    ).expand_kwargs(planned)
    asked = waiting()
    ask = TriggerDagRunOperator.partial(
        task_id="ask", trigger_dag_id="approve_promotion", logical_date=None, skip_when_already_exists=True
    ).expand_kwargs(asked)
    interactions_arrived() >> verdict >> planned
    retrain >> asked
    ask >> mail(verdict) >> deliver()


monitor_segments()
