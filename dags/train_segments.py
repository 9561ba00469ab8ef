"""### Train segments

Trains the global model (the parent) and one challenger per segment, proves each against the parent on the segment's
own users over rolling windows, registers all of them in MLflow and, where the policy is `auto` and the proof holds,
moves the alias `champion`. The trials of tuning are shared out by `plan` (table `tuning_budget`).

* **Scheduled**: everything. **By request** (Trigger ▸ parameters): only the segments you name, on the live parent.
* **For drift** (`monitor_segments` asks): the drifted segments, or all with a new parent; the run, the cause and the
  cost are kept on the versions and in `gate_decisions`. Segments of policy `approve` are proposed, not promoted.
* A segment whose training fails is named by `summarise`; the others finish.
* A backfilled run registers and evaluates, and promotes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from conventions import TRAINING_POOL, as_of, calendar, is_backfill, is_requested


@dag(
    **calendar("0 0 * * 1"),
    doc_md=__doc__,
    tags=["tessera", "training"],
    max_active_runs=1,
    params={
        "segments": Param([], type="array", items={"type": "string"}, description="Segment ids; empty: all"),
        "as_of": Param(
            None, type=["null", "string"], format="date", description="Empty: the end of the run's interval"
        ),
        "strategy": Param(
            "configured",
            enum=["configured", "head", "anchored", "ranker", "shared", "calibrated", "reweighted", "hard", "ladder"],
            description="How a challenger is made; configured: as the segment's settings say",
        ),
        "reason": Param("scheduled", type="string", maxLength=500, description="Kept on every version of this run"),
        "drift": Param(
            None,
            type=["null", "object"],
            description="Set by monitor_segments: its run, causes, approvals",
        ),
    },
)
def train_segments() -> None:
    @task.sensor(poke_interval=30, timeout=timedelta(hours=12).total_seconds(), mode="reschedule")
    def segments_assigned() -> bool:
        from tessera import steps

        return is_requested() or steps.assigned(as_of())

    @task
    def plan() -> list[dict[str, Any]]:
        from tessera import steps

        return steps.plan_training(as_of(), get_current_context()["params"]["segments"])

    @task(pool=TRAINING_POOL)
    def train_global() -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowSkipException

        from tessera import steps

        params = get_current_context()["params"]
        if params["segments"]:
            raise AirflowSkipException("only named segments are trained: they stand on the live global champion")
        return steps.train_global(as_of(), params["reason"], promote=not is_backfill(), drift=params["drift"])

    @task(pool=TRAINING_POOL, map_index_template="{{ label }}", trigger_rule="none_failed", retries=1)
    def train_segment(segment: dict[str, Any]) -> dict[str, Any]:
        from tessera import steps

        context = get_current_context()
        context["label"] = segment["label"]  # type: ignore[typeddict-unknown-key]
        params = context["params"]
        return steps.train_segment(
            segment["segment_id"],
            as_of(),
            params["strategy"],
            params["reason"],
            promote=not is_backfill(),
            drift=params["drift"],
        )

    @task(trigger_rule="all_done", retries=0)
    def summarise(planned: list[dict[str, Any]], trained: list[dict[str, Any] | None]) -> dict[str, Any]:
        from tessera import steps

        return steps.summarise_training(planned, [outcome for outcome in trained if outcome])

    planned = plan()
    parent = train_global()
    trained = train_segment.expand(segment=planned)
    segments_assigned() >> [planned, parent]
    parent >> trained
    summarise(planned, trained)  # type: ignore[arg-type]


train_segments()
