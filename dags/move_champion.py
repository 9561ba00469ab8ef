"""### Move champion

Lets another version serve a segment: back to the champion before (`rollback`) or a version that is registered
(`promote`). The page of segments starts it with the rights of whoever pressed the button, so Airflow keeps who did it.

* `expected`: the champion that the person saw. If another one serves by now, nothing is moved and the run fails.
* Moving the alias `champion` in MLflow does the same without a run.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULTS, refusals_are_final


@dag(
    schedule=None,
    doc_md=__doc__,
    tags=["tessera", "serving"],
    max_active_runs=1,
    is_paused_upon_creation=False,  # nothing starts it but a person
    default_args=DEFAULTS,
    params={
        "segment": Param("", type="string", description="Segment id; global for the global model"),
        "action": Param("rollback", enum=["rollback", "promote"], description="What to do"),
        "version": Param("", type="string", description="To promote; empty to roll back"),
        "expected": Param("", type="string", description="Version that serves now as you saw it; empty: none"),
        "reason": Param("", type="string", maxLength=500, description="Kept in the ledger of promotions"),
    },
)
def move_champion() -> None:
    @task
    def move() -> dict[str, Any]:
        from tessera import steps

        params = get_current_context()["params"]
        wanted = (params["segment"], params["action"], params["version"], params["expected"] or None)
        with refusals_are_final():
            return steps.move_champion(*wanted, reason=params["reason"])

    move()


move_champion()
