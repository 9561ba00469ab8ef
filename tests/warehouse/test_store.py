from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.schemas import TABLES
from warehouse.store import Snapshot, Store, TableMissingError
from warehouse.windows import Window

DAY = date(2026, 3, 1)
LEDGER = TABLES["ingest_ledger"].schema


def ledger(*rows: tuple[int, int]) -> pa.Table:
    """Ledger rows: days after the first, and how many were received."""
    found = [{"date": DAY + timedelta(days=day), "received": received, "reopened": []} for day, received in rows]
    return pa.Table.from_pylist(found, schema=LEDGER)


def received(store: Store, source: str | Snapshot = "ingest_ledger", window: Window | None = None) -> list[int]:
    return sorted(store.read(source, window=window)["received"].to_pylist())


def days(first: int, count: int) -> Window:
    return Window.trailing(DAY + timedelta(days=first + count), count)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "lake")


def test_replace_overwrites_exactly_its_window(store: Store) -> None:
    store.replace("ingest_ledger", ledger((0, 1), (1, 2), (2, 3)), days(0, 3))

    store.replace("ingest_ledger", ledger((1, 20), (1, 21)), days(1, 1))

    assert received(store) == [1, 3, 20, 21]
    assert received(store, window=days(1, 1)) == [20, 21]


def test_the_newest_date_lies_on_the_asked_day_or_before_it(store: Store) -> None:
    assert store.newest_date("ingest_ledger", DAY) is None
    store.replace("ingest_ledger", ledger((0, 1), (2, 3)), days(0, 3))

    known = [store.newest_date("ingest_ledger", DAY + timedelta(days=back)) for back in (-1, 0, 1, 2, 9)]
    assert known == [None, DAY, DAY, DAY + timedelta(days=2), DAY + timedelta(days=2)]


def test_replacing_by_nothing_empties_the_window(store: Store) -> None:
    store.replace("ingest_ledger", ledger((0, 1), (1, 2)), days(0, 2))

    store.replace("ingest_ledger", ledger(), days(0, 1))

    assert received(store) == [2]
    assert store.dates("ingest_ledger") == [DAY + timedelta(days=1)]


def test_a_snapshot_is_still_read_after_later_writes(store: Store) -> None:
    named = store.replace("ingest_ledger", ledger((0, 1)), days(0, 1))
    store.replace("ingest_ledger", ledger((0, 2)), days(0, 1))

    assert str(named) == "ingest_ledger@0"
    assert received(store, named) == [1]
    assert received(store, store.snapshot("ingest_ledger")) == [2]
    assert store.files(named) != store.files("ingest_ledger")


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(4)), again=st.integers(0, 3))
def test_f3_f6_any_order_and_a_repetition_give_equal_hashes(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], again: int
) -> None:
    place = tmp_path_factory.mktemp("orders")
    forward, shuffled = Store(place / "forward"), Store(place / "shuffled")

    for day in range(4):
        forward.replace("ingest_ledger", ledger((day, day)), days(day, 1))
    for day in [*order, again]:
        shuffled.replace("ingest_ledger", ledger((day, day)), days(day, 1))

    assert forward.content_hash("ingest_ledger") == shuffled.content_hash("ingest_ledger")


def test_the_content_hash_sees_rows_and_not_their_order(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    store.replace("ingest_ledger", ledger((0, 1), (0, 2), (1, 3)), days(0, 2))
    other.replace("ingest_ledger", ledger((1, 3), (0, 2), (0, 1)), days(0, 2))
    assert store.content_hash("ingest_ledger") == other.content_hash("ingest_ledger")

    other.replace("ingest_ledger", ledger((0, 1), (0, 2), (0, 2), (1, 3)), days(0, 2))

    assert store.content_hash("ingest_ledger") != other.content_hash("ingest_ledger")
    assert store.content_hash("ingest_ledger", days(1, 1)) == other.content_hash("ingest_ledger", days(1, 1))


def test_a_table_is_partitioned_by_its_second_column_too(store: Store) -> None:
    schema = TABLES["gate_decisions"].schema

    def decision(segment: str, users: int) -> pa.Table:
        return pa.Table.from_pylist([{"as_of": DAY, "segment_id": segment, "users": users}], schema=schema)

    for segment, users in (("a", 1), ("b", 2), ("a", 3)):
        store.replace("gate_decisions", decision(segment, users), days(0, 1), segment_id=segment)

    assert sorted(store.read("gate_decisions")["users"].to_pylist()) == [2, 3]
    assert store.read("gate_decisions", segment_id="b")["users"].to_pylist() == [2]
    with pytest.raises(ValueError, match="must have segment_id = 'a'"):
        store.replace("gate_decisions", decision("b", 9), days(0, 1), segment_id="a")


def test_f10_rows_that_do_not_fit_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match=r"missing \['received'\]"):
        store.replace("ingest_ledger", ledger((0, 1)).drop_columns(["received"]), days(0, 1))
    with pytest.raises(ValueError, match=r"unknown \['colour'\]"):
        store.replace("ingest_ledger", ledger((0, 1)).append_column("colour", pa.array(["red"])), days(0, 1))
    with pytest.raises(ValueError, match="must lie in"):
        store.replace("ingest_ledger", ledger((1, 1)), days(0, 1))
    with pytest.raises(ValueError, match="say which window"):
        store.replace("ingest_ledger", ledger((0, 1)))
    with pytest.raises(ValueError, match="unknown table 'nonsense'"):
        store.path("nonsense")
    assert not store.exists("ingest_ledger")


def test_an_open_table_grows_columns(store: Store) -> None:
    frame = pd.DataFrame({"as_of": [DAY], "user_id": ["u"], "events_total": [3]})
    store.replace("user_features", frame, days(0, 1))
    store.replace("user_features", frame.assign(as_of=DAY + timedelta(days=1), age="old"), days(1, 1))

    found = store.frame("user_features").sort_values("as_of")
    assert found["events_total"].tolist() == [3, 3]
    assert found["age"].isna().tolist() == [True, False]


def test_a_table_nobody_wrote_is_named(store: Store) -> None:
    assert store.dates("interactions") == []
    with pytest.raises(TableMissingError, match="'interactions' was read but never written"):
        store.read("interactions")


def test_files_of_a_window_are_those_of_its_days(store: Store) -> None:
    store.replace("ingest_ledger", ledger((0, 1), (1, 2), (2, 3)), days(0, 3))

    assert len(store.files("ingest_ledger")) == 3
    assert [f"date={DAY}" in file for file in store.files("ingest_ledger", days(0, 1))] == [True]
    assert store.files("ingest_ledger", days(5, 2)) == []


def _write(root: Path, first: int) -> None:
    for day in range(first, first + 4):
        Store(root).replace("ingest_ledger", ledger((day, day)), days(day, 1))


def test_f4_writers_side_by_side_lose_nothing(store: Store) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda first: _write(store.root, first), (0, 2, 4)))

    assert received(store) == list(range(8))


def test_a_lock_keeps_others_out_until_it_is_left(store: Store) -> None:
    entered, release = threading.Event(), threading.Event()

    def hold() -> None:
        with Store(store.root).lock("ingest"):
            entered.set()
            release.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(60)

    with pytest.raises(TimeoutError), store.lock("ingest", timeout=0.1):
        pass

    release.set()
    holder.join(60)
    with store.lock("ingest", timeout=5):
        pass
