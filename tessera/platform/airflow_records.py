"""What Airflow's REST API answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from warehouse.windows import Window

ENDED = ("success", "failed")


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG; dates are UTC, None where the run has none."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    logical_date: datetime | None
    start: datetime | None
    end: datetime | None
    conf: Mapping[str, Any]
    seconds: float | None

    @property
    def ended(self) -> bool:
        """Whether nothing of it will run any more."""
        return self.state in ENDED

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """From the API's ``DAGRunResponse``."""
        return cls(
            dag_id=row["dag_id"],
            run_id=row["dag_run_id"],
            state=row["state"],
            run_type=row["run_type"],
            logical_date=_instant(row["logical_date"]),
            start=_instant(row["data_interval_start"]),
            end=_instant(row["data_interval_end"]),
            conf=row["conf"] or {},
            seconds=row["duration"],
        )


@dataclass(frozen=True)
class TaskInstance:
    """One task of one run; ``map_index`` is -1 for a task that is not mapped, ``label`` its readable mapped name."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    label: str
    state: str
    try_number: int
    seconds: float | None

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """From the API's ``TaskInstanceResponse``."""
        return cls(
            dag_id=row["dag_id"],
            run_id=row["dag_run_id"],
            task_id=row["task_id"],
            map_index=row["map_index"],
            label=row["rendered_map_index"] or "",
            state=row["state"] or "none",
            try_number=row["try_number"],
            seconds=row["duration"],
        )


@dataclass(frozen=True)
class Backfill:
    """A request to run a DAG over past days."""

    id: int
    dag_id: str
    window: Window
    completed: bool

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """From the API's ``BackfillResponse``, which counts its last date in."""
        first, last = (datetime.fromisoformat(row[name]).date() for name in ("from_date", "to_date"))
        window = Window(first, last + timedelta(days=1))
        return cls(id=row["id"], dag_id=row["dag_id"], window=window, completed=row["completed_at"] is not None)


@dataclass(frozen=True)
class ImportFailure:
    """A file in the DAG folder that could not be parsed."""

    filename: str
    stack_trace: str

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """From the API's ``ImportErrorResponse``."""
        return cls(filename=row["filename"], stack_trace=row["stack_trace"])


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
