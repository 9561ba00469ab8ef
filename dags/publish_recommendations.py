"""### Publish recommendations

Writes what the API serves from: the users' histories, features and segments, the catalogue and the popular lists as of
the end of the run's interval (a verified local snapshot), and the table `recommendations` with the first items of every
active user as the champions rank them.

* The API follows the snapshot and the registry's aliases by itself; it needs neither Airflow nor MLflow to answer.
* A backfilled run writes its partition of `recommendations` and leaves a newer serving snapshot alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from conventions import LAKE_POOL, as_of, calendar


@dag(
    **calendar("0 0 * * *"),
    doc_md=__doc__,
    tags=["tessera", "serving"],
    max_active_runs=2,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="Empty: end of the interval")},
)
def publish_recommendations() -> None:
    @task.sensor(poke_interval=30, timeout=timedelta(hours=12).total_seconds(), mode="reschedule")
    def interactions_arrived() -> bool:
        from tessera import steps

        return steps.ingested(as_of())

    @task(pool=LAKE_POOL)
    def publish() -> dict[str, Any]:
        from tessera import steps

        return steps.publish(as_of())

    interactions_arrived() >> publish()


publish_recommendations()
