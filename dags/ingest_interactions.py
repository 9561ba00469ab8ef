"""### Ingest interactions

Reads what was delivered for the run's day (or for the days of the parameters `start` and `end`, the end excluded),
validates it, drops duplicates, puts bad rows into `quarantine` with their reason, replaces exactly those partitions of
`deliveries` and `interactions`, and brings the daily rollups of users and items up to date.

* Running it twice, late, in reverse or in two backfills at once leaves the same tables.
* Late events reopen exactly the days they belong to; the task log names them.
* More rejected rows than the settings allow: the run stops before it writes.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task
from conventions import LAKE_POOL, calendar, interval


@dag(
    **calendar("0 0 * * *"),
    doc_md=__doc__,
    tags=["tessera", "lake"],
    max_active_runs=2,
    params={
        "start": Param(None, type=["null", "string"], format="date", description="First day; empty: the run's own"),
        "end": Param(None, type=["null", "string"], format="date", description="Day after the last; empty: the run's"),
    },
)
def ingest_interactions() -> None:
    @task(pool=LAKE_POOL)
    def ingest() -> dict[str, Any]:
        from tessera import steps

        return steps.ingest(*interval())

    ingest()


ingest_interactions()
