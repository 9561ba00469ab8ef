from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interactions.errors import IngestError, RejectShareError, SchemaChangeError
from interactions.ingestion import ingest
from interactions.mappings import load_mapping
from interactions.rules import IngestRules
from interactions.sources import open_source
from tests.interactions.conftest import Take
from tests.interactions.deliveries import DAY, deliver, event, first_days
from warehouse.store import Store
from warehouse.windows import Window

TABLES = ("deliveries", "interactions", "quarantine", "ingest_ledger", "users", "items")
NEXT = DAY + timedelta(days=1)


def hashes(root: Path) -> dict[str, str]:
    return {table: Store(root).content_hash(table) for table in TABLES}


def rows(root: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Store(root).read(table).to_pylist()
    return found


def test_a_delivery_becomes_interactions_of_its_event_days(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1), event(2, value=3.5, event_type="purchase", colour="red")])

    report = take(tmp_path / "in", first_days(1))

    assert (report.received, report.accepted, report.days) == (2, 2, (DAY,))
    second = next(row for row in rows(tmp_path / "lake", "interactions") if row["event_id"] == "e2")
    assert (second["date"], second["value"], second["context"]) == (DAY, 3.5, '{"colour":"red"}')
    assert {row["user_id"] for row in rows(tmp_path / "lake", "users")} == {"u1", "u2"}
    assert {row["item_id"] for row in rows(tmp_path / "lake", "items")} == {"i1", "i2"}


def test_f8_a_late_event_reopens_exactly_its_day_and_the_run_says_so(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    deliver(tmp_path / "in", NEXT, [event(2, NEXT)])
    third = NEXT + timedelta(days=1)
    deliver(tmp_path / "in", third, [event(3, DAY), event(4, third)])
    take(tmp_path / "in", Window(DAY, third))
    untouched = Store(tmp_path / "lake").files("interactions", Window.day(NEXT))
    said: list[str] = []

    report = ingest(
        Store(tmp_path / "lake"),
        open_source(tmp_path / "in", load_mapping("events")),
        Window.day(third),
        progress=said.append,
    )

    assert (report.late, report.reopened, report.days) == (1, (DAY,), (DAY, third))
    assert any(f"1 late events reopened 1 days: {DAY}" in line for line in said)
    assert Store(tmp_path / "lake").files("interactions", Window.day(NEXT)) == untouched
    assert {r["event_id"] for r in rows(tmp_path / "lake", "interactions") if r["date"] == DAY} == {"e1", "e3"}


def test_f7_a_repeated_id_is_dropped_with_the_same_payload_and_quarantined_with_another(
    tmp_path: Path, take: Take
) -> None:
    deliver(tmp_path / "in", DAY, [event(1), event(1), event(1, item_id="other")])

    report = take(tmp_path / "in", first_days(1))

    assert (report.accepted, report.duplicates, report.quarantined) == (1, 1, 1)
    (refused,) = rows(tmp_path / "lake", "quarantine")
    assert (refused["reason"], refused["field"], refused["line"]) == ("conflicting_event_id", "event_id", 3)
    assert "other" in refused["payload"]


def test_f7_the_first_delivery_wins_even_when_it_is_ingested_last(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    deliver(tmp_path / "in", NEXT, [event(1, NEXT, item_id="later"), event(2, NEXT)])

    take(tmp_path / "in", Window.day(NEXT))
    report = take(tmp_path / "in", Window.day(DAY))

    found = {(row["date"], row["event_id"], row["item_id"]) for row in rows(tmp_path / "lake", "interactions")}
    assert found == {(DAY, "e1", "i1"), (NEXT, "e2", "i2")}
    assert report.days == (DAY, NEXT)
    ledger = {row["date"]: row for row in rows(tmp_path / "lake", "ingest_ledger")}
    assert (ledger[NEXT]["accepted"], ledger[NEXT]["quarantined"]) == (1, 1)


def test_a_corrected_delivery_takes_its_former_events_back(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", NEXT, [event(1, DAY), event(2, NEXT)])
    take(tmp_path / "in", Window.day(NEXT))
    deliver(tmp_path / "in", NEXT, [event(2, NEXT)])

    report = take(tmp_path / "in", Window.day(NEXT))

    assert report.days == (DAY, NEXT)
    assert [row["event_id"] for row in rows(tmp_path / "lake", "interactions")] == ["e2"]


def test_f9_too_many_refused_rows_stop_the_run_before_it_writes(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1), event(2, event_type="stare")])

    with pytest.raises(RejectShareError, match=r"1 of 2 rows.*unknown_type 1.*max_reject_share"):
        take(tmp_path / "in", first_days(1), max_reject_share=0.4)

    assert not any(Store(tmp_path / "lake").exists(table) for table in TABLES)
    assert take(tmp_path / "in", first_days(1), max_reject_share=0.5).quarantined == 1


def test_f10_a_missing_required_column_stops_before_writing(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    take(tmp_path / "in", first_days(1))
    before = hashes(tmp_path / "lake")
    deliver(tmp_path / "in", DAY, [{"user": "u1", **event(1, user_id=...)}])

    with pytest.raises(SchemaChangeError, match="user_id"):
        take(tmp_path / "in", first_days(1))

    assert hashes(tmp_path / "lake") == before


def test_f3_f6_forward_reversed_twice_and_overlapping_runs_end_in_equal_tables(tmp_path: Path, take: Take) -> None:
    for offset in range(5):
        day = DAY + timedelta(days=offset)
        late = [event(100 + offset, DAY)] if offset else []
        again = [event(1, DAY)] if offset == 3 else []
        deliver(tmp_path / "in", day, [event(10 * offset + n, day) for n in range(1, 4)] + late + again + ["{bad"])
    every = first_days(5)
    for day in every:
        take(tmp_path / "in", Window.day(day), root="forward")
    for day in [*reversed(list(every)), *every]:
        take(tmp_path / "in", Window.day(day), root="reversed")
    take(tmp_path / "in", Window(every.start, every.start + timedelta(days=3)), root="ranges")
    take(tmp_path / "in", Window(every.start + timedelta(days=2), every.end), root="ranges")

    assert hashes(tmp_path / "forward") == hashes(tmp_path / "reversed") == hashes(tmp_path / "ranges")


def test_a_range_of_days_is_one_commit_per_table(tmp_path: Path, take: Take) -> None:
    for day in list(first_days(6))[::2]:
        deliver(tmp_path / "in", day, [event(day.day, day)])

    take(tmp_path / "in", first_days(6))

    store = Store(tmp_path / "lake")
    assert [store.snapshot(table).version for table in TABLES] == [0] * len(TABLES)


def test_a_long_window_is_written_in_parts_with_equal_tables(tmp_path: Path, take: Take) -> None:
    for day in first_days(4):
        deliver(tmp_path / "in", day, [event(10 * day.day + n, day) for n in range(3)])

    take(tmp_path / "in", first_days(4), root="whole")
    take(tmp_path / "in", first_days(4), root="parts", rows_per_commit=4)

    assert Store(tmp_path / "parts").snapshot("interactions").version == 3
    assert hashes(tmp_path / "whole") == hashes(tmp_path / "parts")


def test_f1_a_run_that_died_between_two_writes_is_mended_by_running_it_again(
    tmp_path: Path, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "in", NEXT, [event(1, DAY), event(2, NEXT)])
    take(tmp_path / "in", Window.day(NEXT))
    deliver(tmp_path / "in", NEXT, [event(2, NEXT), event(3, NEXT)])
    take(tmp_path / "in", Window.day(NEXT), root="undisturbed")
    commit = Store._commit
    for dying in ("interactions", "deliveries", "quarantine", "ingest_ledger"):

        def die(self: Store, spec: Any, *rest: Any, table: str = dying) -> int:
            if spec.name == table:
                raise OSError("killed")
            return commit(self, spec, *rest)

        monkeypatch.setattr(Store, "_commit", die)
        with pytest.raises(OSError, match="killed"):
            take(tmp_path / "in", Window.day(NEXT))
    monkeypatch.undo()
    take(tmp_path / "in", Window.day(NEXT))

    assert [r["event_id"] for r in rows(tmp_path / "lake", "interactions")] == ["e2", "e3"]
    same = ("deliveries", "interactions", "quarantine", "ingest_ledger")
    mended, undisturbed = hashes(tmp_path / "lake"), hashes(tmp_path / "undisturbed")
    assert {t: mended[t] for t in same} == {t: undisturbed[t] for t in same}
    assert not (tmp_path / "lake" / ".ingest").exists()


def test_days_without_a_delivery_are_in_the_ledger_with_nothing(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])

    take(tmp_path / "in", first_days(2))

    assert [
        (r["date"], r["received"]) for r in sorted(rows(tmp_path / "lake", "ingest_ledger"), key=lambda r: r["date"])
    ] == [
        (DAY, 1),
        (NEXT, 0),
    ]


def test_an_ingest_error_is_what_callers_catch() -> None:
    assert issubclass(RejectShareError, IngestError)
    assert issubclass(SchemaChangeError, IngestError)


DELIVERED = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 4), st.sampled_from(["view", "click", "nonsense"])),
    max_size=14,
)


def account(delivered: dict[date, list[dict[str, Any]]]) -> tuple[Counter[str], set[tuple[date, str, str]]]:
    """What must become of the rows, by plain loops over all deliveries in order of their days."""
    fates: Counter[str] = Counter()
    winners: dict[str, dict[str, Any]] = {}
    for day in sorted(delivered):
        for row in delivered[day]:
            event_day = date.fromisoformat(row["ts"][:10])
            if row["event_type"] == "nonsense" or event_day > day:
                fates["quarantined"] += 1
            elif row["event_id"] not in winners:
                winners[row["event_id"]] = row
                fates["accepted"] += 1
            else:
                fates["duplicates" if winners[row["event_id"]] == row else "quarantined"] += 1
    kept = {(date.fromisoformat(r["ts"][:10]), r["event_id"], r["event_type"]) for r in winners.values()}
    return fates, kept


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(delivered=DELIVERED, order=st.permutations(range(3)))
def test_any_order_of_days_ends_in_what_a_plain_account_says(
    tmp_path_factory: pytest.TempPathFactory, delivered: list[tuple[int, int, int, str]], order: list[int]
) -> None:
    place = tmp_path_factory.mktemp("orders")
    days = list(first_days(3))
    plan: dict[date, list[dict[str, Any]]] = {day: [] for day in days}
    for arrival, happened, number, kind in delivered:
        plan[days[arrival]].append(event(number, days[happened], event_type=kind))
    for day, events in plan.items():
        deliver(place / "in", day, events)
    source, rules = open_source(place / "in", load_mapping("events")), IngestRules(max_reject_share=1.0)

    for n in order:
        ingest(Store(place / "lake"), source, Window.day(days[n]), rules)

    fates, kept = account(plan)
    ledger = rows(place / "lake", "ingest_ledger")
    assert {name: sum(row[name] for row in ledger) for name in ("accepted", "quarantined", "duplicates")} == {
        name: fates[name] for name in ("accepted", "quarantined", "duplicates")
    }
    assert {(r["date"], r["event_id"], r["event_type"]) for r in rows(place / "lake", "interactions")} == kept
    assert len(rows(place / "lake", "quarantine")) == fates["quarantined"]
