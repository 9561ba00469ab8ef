"""### Assign segments

Computes the features of every user as of the end of the run's interval, refits the segmentation when its time has
come (history bands × K-Means on behaviour, ids kept from the fit before) and writes who belongs to which segment.

* Tables: `user_features`, `item_features`, `segments`, `segment_lineage`, `segment_assignments`, partition `as_of`.
* A segment keeps its id over refits; births, deaths, splits and merges are rows of `segment_lineage`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from conventions import LAKE_POOL, as_of, calendar


@dag(
    **calendar("0 0 * * 1"),
    doc_md=__doc__,
    tags=["tessera", "segments"],
    max_active_runs=2,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="Empty: end of the interval")},
)
def assign_segments() -> None:
    @task.sensor(poke_interval=30, timeout=timedelta(hours=12).total_seconds(), mode="reschedule")
    def interactions_arrived() -> bool:
        from tessera import steps

        return steps.ingested(as_of())

    @task(pool=LAKE_POOL)
    def assign() -> dict[str, Any]:
        from tessera import steps

        return steps.assign(as_of())

    interactions_arrived() >> assign()


assign_segments()
