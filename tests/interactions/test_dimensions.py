from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from interactions.errors import SourceError
from tests.interactions.conftest import Take
from tests.interactions.deliveries import DAY, deliver, event, first_days
from warehouse.store import Store


def test_what_the_source_describes_is_completed_by_what_its_events_name(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1), event(2)])
    (tmp_path / "in" / "items.csv").write_text("item_id,title,price\ni1,One,2.50\ni9,Nine,\ni1,Uno,3\n")

    take(tmp_path / "in", first_days(1))

    items = Store(tmp_path / "lake").read("items").to_pylist()
    assert [(item["item_id"], item["title"], item["price"]) for item in items] == [
        ("i1", "Uno", 3.0),
        ("i2", None, None),
        ("i9", "Nine", None),
    ]


def test_a_description_that_comes_later_fills_what_events_left_bare(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    take(tmp_path / "in", first_days(1))
    (tmp_path / "in" / "users.csv").write_text("user_id,signup_ts\nu1,2025-01-01T00:00:00Z\n")

    take(tmp_path / "in", first_days(1))

    (user,) = Store(tmp_path / "lake").read("users").to_pylist()
    assert user["signup_ts"].isoformat() == "2025-01-01T00:00:00+00:00"


def test_tables_that_did_not_change_are_not_written_again(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    for _ in range(2):
        take(tmp_path / "in", first_days(1))

    assert Store(tmp_path / "lake").snapshot("users").version == 0


def test_refused_rows_make_no_users(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1), event(2, event_type="stare", user_id="ghost")])

    take(tmp_path / "in", first_days(1))

    assert Store(tmp_path / "lake").read("users")["user_id"].to_pylist() == ["u1"]


@pytest.mark.parametrize(
    ("text", "match"),
    [("item_id,price\ni1,cheap\n", "line 2: not_a_number in price"), ("item_id,price\n,1\n", "line 2: no item_id")],
)
def test_a_bad_description_stops_the_run_with_its_line(tmp_path: Path, take: Take, text: str, match: str) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    (tmp_path / "in" / "items.csv").write_text(text)

    with pytest.raises(SourceError, match=rf"items\.csv', {match}"):
        take(tmp_path / "in", first_days(1))

    assert not Store(tmp_path / "lake").exists("interactions")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("items.csv", 'item_id,embedding\ni1,"[0.5, -1, 2e-1]"\ni2,\n'),
        ("items.jsonl", '{"item_id": "i1", "embedding": [0.5, -1, 0.2]}\n{"item_id": "i2"}\n'),
    ],
)
def test_an_items_vector_is_taken_as_it_is_delivered(tmp_path: Path, take: Take, name: str, text: str) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    (tmp_path / "in" / name).write_text(text)

    take(tmp_path / "in", first_days(1))

    first, second = Store(tmp_path / "lake").read("items").to_pylist()
    assert first["embedding"] == pytest.approx([0.5, -1, 0.2])
    assert second["embedding"] is None


@pytest.mark.parametrize("kind", [pa.list_(pa.float64()), pa.list_(pa.float32(), 2)])
def test_vectors_of_any_numbers_are_taken_from_parquet(tmp_path: Path, take: Take, kind: pa.DataType) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    vectors = pa.array([[1, 2]], kind)
    pq.write_table(pa.table({"item_id": ["i1"], "embedding": vectors}), tmp_path / "in" / "items.parquet")

    take(tmp_path / "in", first_days(1))

    assert Store(tmp_path / "lake").read("items").to_pylist()[0]["embedding"] == [1.0, 2.0]


def test_a_vector_of_words_is_refused_with_its_line(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    (tmp_path / "in" / "items.csv").write_text("item_id,embedding\ni1,near\n")
    with pytest.raises(SourceError, match="line 2: not_a_number in embedding"):
        take(tmp_path / "in", first_days(1))


def test_a_lake_from_before_a_column_was_known_is_completed(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1)])
    take(tmp_path / "in", first_days(1))
    path = tmp_path / "lake" / "items"
    old = Store(tmp_path / "lake").read("items").drop_columns(["embedding"])
    write_deltalake(str(path), old, mode="overwrite", schema_mode="overwrite")
    (tmp_path / "in" / "items.csv").write_text('item_id,embedding\ni1,"[1]"\n')

    take(tmp_path / "in", first_days(1))

    assert Store(tmp_path / "lake").read("items").to_pylist()[0]["embedding"] == [1.0]
