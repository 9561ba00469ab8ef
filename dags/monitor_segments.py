"""### Monitor segments

Compares, segment by segment, the last days with the champion's reference window (one Evidently report each) and
judges: *drift*, *no drift* or *too little data*. A drifted segment, and only that one, is retrained by `train_segments`
with the reason in the run; then one mail goes to whoever is on call.

* Tables: `drift_measurements`, `drift_verdicts`, partition `as_of`. HTML reports are kept for drifted segments.
* A backfilled run gives the same verdicts, retrains nothing and sends no mail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task
from conventions import as_of, calendar, is_backfill


@dag(
    **calendar("0 0 * * *"),
    doc_md=__doc__,
    tags=["tessera", "monitoring"],
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="Empty: end of the interval")},
)
def monitor_segments() -> None:
    @task.sensor(poke_interval=30, timeout=timedelta(hours=12).total_seconds(), mode="reschedule")
    def interactions_arrived() -> bool:
        from tessera import steps

        return steps.ingested(as_of())

    @task
    def judge() -> dict[str, Any]:
        from tessera import steps

        return steps.monitor(as_of())

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def worth_retraining(verdict: Any) -> bool:
        return bool(verdict["retrain"]) and not is_backfill()

    retrain = TriggerDagRunOperator(
        task_id="retrain",
        trigger_dag_id="train_segments",
        logical_date=None,
        conf="{{ ti.xcom_pull(task_ids='judge')['retrain'] }}",  # type: ignore[arg-type]
        wait_for_completion=True,
        deferrable=True,
        poke_interval=3,
        # a failed retraining is news for the mail, not a reason to be silent
        allowed_states=["success", "failed"],
        failed_states=[],
    )

    @task(trigger_rule="all_done", retries=4)
    def mail(verdict: Any) -> str:
        from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
        from notification import send

        from tessera import steps

        if not verdict:
            # the run's last task: skipped, it would make a run succeed that judged nothing
            raise AirflowFailException("the day was not judged: see the log of 'judge', mend it and clear both")
        if is_backfill():
            raise AirflowSkipException("a backfill sends no mail")
        letter = steps.drift_mail(as_of(), get_current_context()["run_id"])
        if letter is None:
            raise AirflowSkipException("nothing drifted: nothing to say")
        return send(letter)

    verdict = judge()
    interactions_arrived() >> verdict
    worth_retraining(verdict) >> retrain >> mail(verdict)


monitor_segments()
