"""What the DAGs share: one clock and one calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("dags")

MAY, JUNE = datetime(2026, 5, 31, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
Within = Callable[..., ModuleType]


@pytest.fixture
def within(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Within:
    """The conventions, inside a run of that context."""
    conventions = import_module("conventions")

    def enter(
        began: datetime | None = None, ended: datetime | None = None, /, kind: str = "manual", **params: Any
    ) -> ModuleType:
        context: dict[str, Any] = {"params": params, "dag_run": SimpleNamespace(run_type=kind)}
        if ended is not None:
            context |= {"data_interval_start": began, "data_interval_end": ended}
        monkeypatch.setattr(conventions, "get_current_context", lambda: context)
        return conventions

    return enter


def test_a_run_stands_for_its_data_interval(within: Within) -> None:
    assert within(MAY, JUNE).interval() == ("2026-05-31", "2026-06-01")
    assert within(MAY, JUNE).as_of() == "2026-06-01"


def test_parameters_that_a_person_left_empty_change_nothing(within: Within) -> None:
    assert within(MAY, JUNE, start=None, end=None, as_of=None).interval() == ("2026-05-31", "2026-06-01")


def test_named_days_win_over_the_interval(within: Within) -> None:
    assert within(MAY, JUNE, start="2026-01-01", end="2026-02-01").interval() == ("2026-01-01", "2026-02-01")
    assert within(MAY, JUNE, as_of="2026-02-01").as_of() == "2026-02-01"


def test_named_days_need_no_interval(within: Within) -> None:
    assert within(start="2026-01-01", end="2026-02-01").interval() == ("2026-01-01", "2026-02-01")
    assert within(as_of="2026-02-01").as_of() == "2026-02-01"


def test_a_run_without_any_day_is_told_what_to_do(within: Within) -> None:
    with pytest.raises(ValueError, match="give the parameter 'as_of'"):
        within().interval()


@pytest.mark.parametrize(("kind", "expected"), [("backfill", True), ("manual", False), ("scheduled", False)])
def test_only_a_backfill_is_one(within: Within, kind: str, expected: bool) -> None:
    from airflow.utils.types import DagRunType

    run_type = {"backfill": DagRunType.BACKFILL_JOB}.get(kind) or DagRunType(kind)
    assert within(MAY, JUNE, kind=run_type).is_backfill() is expected
    assert within(MAY, JUNE, kind=run_type.value).is_backfill() is expected


def test_a_data_set_that_ends_bounds_the_schedule(within: Within, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_SCHEDULE_START", "2026-04-06")
    monkeypatch.setenv("TESSERA_SCHEDULE_END", "2026-06-28")
    calendar = within().calendar("0 0 * * *")
    assert calendar["start_date"] == datetime(2026, 4, 6, tzinfo=UTC)
    assert calendar["end_date"] == datetime(2026, 6, 28, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, ""])
def test_without_bounds_the_schedule_is_open(
    within: Within, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    for name in ("TESSERA_SCHEDULE_START", "TESSERA_SCHEDULE_END"):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    calendar = within().calendar("0 0 * * *")
    assert (calendar["start_date"].year, calendar["end_date"]) == (2000, None)


def test_a_bound_that_is_no_day_is_refused(within: Within, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_SCHEDULE_END", "soon")
    with pytest.raises(ValueError, match="soon"):
        within().calendar("0 0 * * *")
