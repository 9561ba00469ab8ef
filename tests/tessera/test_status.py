from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from tessera.status import SegmentStatus, segment_statuses, status_table
from training.versions import Version
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

EARLY, LATE = date(2026, 3, 1), date(2026, 3, 8)


class Champions:
    """A registry that knows only who is champion."""

    def __init__(self, **versions: tuple[str, str | None]) -> None:
        self._versions = versions

    def champion(self, name: str) -> Version | None:
        found = self._versions.get(name.removeprefix("tessera-"))
        if found is None:
            return None
        tags = {"as_of": EARLY.isoformat()} | ({"parent_version": found[1]} if found[1] else {})
        return Version(name, found[0], "run", tags)


def write(store: Store, table: str, day: date, rows: list[dict[str, object]]) -> None:
    columns = TABLES[table].schema.names
    complete = [dict.fromkeys(columns) | {"as_of": day} | row for row in rows]
    store.replace(table, pd.DataFrame(complete, columns=columns), Window.day(day))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    lake = Store(tmp_path)
    write(lake, "segments", EARLY, [{"segment_id": s, "name": f"People of {s}"} for s in ("s1", "s2", "s3")])
    for day, sizes in ((EARLY, (3, 2, 1)), (LATE, (2, 4, 1))):
        people = [s for s, n in zip(("s1", "s2", "s3"), sizes, strict=True) for _ in range(n)]
        rows = [{"user_id": f"u{n}", "segment_id": s, "fitted_as_of": EARLY} for n, s in enumerate(people)]
        write(lake, "segment_assignments", day, rows)
    decided = {"verdict": "serves", "challenger": 0.2, "parent": 0.1, "difference": 0.1, "lower": 0.05, "upper": 0.15}
    write(lake, "gate_decisions", EARLY, [decided | {"segment_id": "s1"}, decided | {"segment_id": "s2"}])
    write(lake, "gate_decisions", LATE, [decided | {"segment_id": "s1", "verdict": "falls_back", "challenger": 0.05}])
    write(lake, "drift_verdicts", LATE, [{"segment_id": "s2", "verdict": "too_little_data", "reason": "12 rows"}])
    return lake


def statuses(store: Store, registry: Champions, as_of: date | None = None) -> dict[str, SegmentStatus]:
    rows = segment_statuses(store, registry, as_of)  # type: ignore[arg-type]
    return {row.segment_id: row for row in rows}


def test_the_newest_decision_and_verdict_of_each_segment_count(store: Store) -> None:
    rows = statuses(store, Champions())
    assert list(rows) == ["s2", "s1", "s3"], "largest first"
    assert (rows["s1"].verdict, rows["s1"].challenger, rows["s1"].decided_as_of) == ("falls_back", 0.05, LATE)
    assert (rows["s2"].verdict, rows["s2"].drift, rows["s2"].users) == ("serves", "too_little_data", 4)
    assert (rows["s3"].verdict, rows["s3"].drift, rows["s3"].name) == ("never trained", "not monitored", "People of s3")


def test_as_of_a_day_nothing_later_is_known(store: Store) -> None:
    rows = statuses(store, Champions(), EARLY)
    assert list(rows) == ["s1", "s2", "s3"]
    assert (rows["s1"].verdict, rows["s2"].drift) == ("serves", "not monitored")


def test_a_head_serves_only_on_the_parent_it_was_proved_on(store: Store) -> None:
    champions = {"global": ("7", None), "s1": ("3", "7"), "s2": ("2", "6")}
    rows = statuses(store, Champions(**champions))
    assert [rows[s].serves for s in ("s1", "s2", "s3")] == ["own v3", "parent v7", "parent v7"]
    assert [rows[s].champion for s in ("s1", "s2", "s3")] == ["3", "2", ""]
    assert statuses(store, Champions())["s1"].serves == "popular"


def test_before_anybody_is_assigned_there_is_nothing_to_tell(tmp_path: Path, store: Store) -> None:
    assert segment_statuses(Store(tmp_path / "empty"), Champions()) == []  # type: ignore[arg-type]
    assert statuses(store, Champions(), date(2026, 2, 1)) == {}


def test_the_table_shows_the_interval_and_a_dash_for_what_was_never_measured(store: Store) -> None:
    measured = statuses(store, Champions())["s1"]
    console = Console(width=200)
    with console.capture() as captured:
        console.print(status_table([replace(measured, lower=float("nan"), upper=float("nan"))]))
    assert "+0.1000 │" in captured.get(), "a difference without an interval is no pair of NaN"
    with console.capture() as captured:
        console.print(status_table([measured, replace(measured, difference=float("nan"), challenger=float("nan"))]))
    text = captured.get()
    assert "+0.1000 [+0.0500, +0.1500]" in text
    assert text.count("–") == 4, "two champions, a difference, a metric"
    assert "falls back" in text
