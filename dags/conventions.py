"""What every DAG here shares: one clock (the data interval), one calendar, retries and owners.

Imported by the DAG files, which Airflow parses every few seconds: nothing here reads a file, a table or the network.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronDataIntervalTimetable, get_current_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LAKE_POOL = "lake"
TRAINING_POOL = "training"

DEFAULTS: dict[str, Any] = {
    "owner": "tessera",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "execution_timeout": timedelta(hours=2),
}


def calendar(cron: str) -> dict[str, Any]:
    """Schedule by data interval, so that a run knows the days it stands for and any past range can be backfilled.

    A data set that has an end gets a schedule that has one: ``TESSERA_SCHEDULE_START`` and ``TESSERA_SCHEDULE_END``
    (ISO dates) bound it; without them the schedule is open.
    """
    return {
        "schedule": CronDataIntervalTimetable(cron, timezone="UTC"),
        "start_date": _day("TESSERA_SCHEDULE_START") or datetime(2000, 1, 1, tzinfo=UTC),
        "end_date": _day("TESSERA_SCHEDULE_END"),
        "catchup": False,
        "default_args": DEFAULTS,
    }


def interval() -> tuple[str, str]:
    """The run's days ``[start, end)``: its parameters where a person named them, else its data interval.

    Raises:
        ValueError: a run that has neither (triggered without a logical date and without parameters).
    """
    context: Mapping[str, Any] = get_current_context()
    params = context["params"]
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    first = params.get("start") or (start and start.date().isoformat())
    last = params.get("end") or params.get("as_of") or (end and end.date().isoformat())
    if not last:
        raise ValueError(
            "this run has no data interval: trigger it with a logical date, or give the parameter 'as_of' (YYYY-MM-DD)"
        )
    return str(first or last), str(last)


def as_of() -> str:
    """The end of the run's interval: events before this day count, none from it on."""
    return interval()[1]


def is_backfill() -> bool:
    """Whether this run re-creates the past: such a run sends no mail, retrains nothing and promotes nothing."""
    return _run_type() == "backfill"


def is_requested() -> bool:
    """Whether a person or another DAG asked for this run: a training then uses what is there and waits for nothing."""
    return _run_type() not in ("scheduled", "backfill")


@contextmanager
def refusals_are_final() -> Iterator[None]:
    """What Tessera refuses fails the task at once: asked again it would be refused again."""
    from airflow.sdk.exceptions import AirflowFailException

    from tessera.errors import TesseraError

    try:
        yield
    except TesseraError as refusal:
        raise AirflowFailException(str(refusal)) from refusal


def _run_type() -> str:
    run_type = get_current_context()["dag_run"].run_type
    return str(getattr(run_type, "value", run_type))


def _day(variable: str) -> datetime | None:
    value = os.environ.get(variable)
    day = date.fromisoformat(value) if value else None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
