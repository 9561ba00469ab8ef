"""### Approve promotion

Asks a person whether a proved model may serve: `monitor_segments` starts it for segments whose policy on drift is
`approve`, once per version. The retrained model is registered and proposed (alias `challenger`) before it asks.

* **Approve**: the version becomes the champion, if the champion still is the one that was asked about.
* **Reject**, or no answer within three days: nothing is promoted; the version stays registered and proposed.
* Nothing waits for the answer: neither other segments, nor the mail, nor the next day's monitoring.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULTS, refusals_are_final

ANSWER_WITHIN = timedelta(days=3)

BODY = """{{ params.reason }}

Retrained as of {{ params.as_of }} and proved better for the users of segment `{{ params.segment }}`. Until now
{{ "version " ~ params.expected if params.expected else "the global model" }} serves them.

Approve: version {{ params.version }} serves within seconds. Reject, or no answer in three days: nothing changes."""


@dag(
    schedule=None,
    doc_md=__doc__,
    tags=["tessera", "serving"],
    max_active_runs=64,
    is_paused_upon_creation=False,  # it starts by request only
    default_args=DEFAULTS,
    params={
        "segment": Param("", type="string", description="Segment id; global for the global model"),
        "version": Param("", type="string", description="The proved version"),
        "expected": Param(None, type=["null", "string"], description="Version that serves now; empty: none"),
        "as_of": Param("", type="string", description="The day it was trained as of"),
        "reason": Param("", type="string", maxLength=500, description="What asked for it"),
    },
)
def approve_promotion() -> None:
    approve = ApprovalOperator(
        task_id="approve",
        subject="May version {{ params.version }} serve segment {{ params.segment }}?",
        body=BODY,
        defaults="Reject",
        response_timeout=ANSWER_WITHIN,
    )

    @task
    def promote(answer: Any) -> dict[str, Any]:
        from tessera import steps

        params = get_current_context()["params"]
        by = (answer.get("responded_by_user") or {}).get("name", "somebody")
        wanted = (params["segment"], "promote", params["version"], params["expected"])
        with refusals_are_final():
            return steps.move_champion(*wanted, reason=f"approved by {by}: {params['reason']}")

    promote(approve.output)


approve_promotion()
