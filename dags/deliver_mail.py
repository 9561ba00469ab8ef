"""### Deliver mail

Hands the letters that wait in the outbox to Airflow's connection `smtp_default` and to the notifiers of the settings:
those that a mail server did not take when the monitoring run wrote them, and those that waited for the end of quiet
hours. Each letter is delivered once; a server that is down or slow postpones it, a rejected address is shown by
`tessera outbox`. Nothing waits: the run is over in a moment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task
from conventions import calendar


@dag(
    **(
        calendar("*/5 * * * *") | {"end_date": None}
    ),  # letters are sent by the clock on the wall, also after the last day
    doc_md=__doc__,
    tags=["tessera", "mail"],
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
)
def deliver_mail() -> None:
    @task
    def deliver() -> dict[str, Any]:
        from notification import deliver

        return deliver()

    deliver()


deliver_mail()
