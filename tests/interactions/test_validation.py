from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.errors import SchemaChangeError
from tests.interactions.conftest import Take
from tests.interactions.deliveries import DAY, deliver, event, first_days
from warehouse.store import Store


def refused(root: Path) -> list[tuple[int, str, str | None]]:
    rows = Store(root / "lake").read("quarantine").to_pylist()
    return [(row["line"], row["reason"], row["field"]) for row in sorted(rows, key=lambda row: row["line"])]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"event_type": "stare"}, "unknown_type", "event_type"),
    ({"event_type": None}, "missing_key", "event_type"),
    ({"user_id": None}, "missing_key", "user_id"),
    ({"user_id": ""}, "missing_key", "user_id"),
    ({"item_id": ...}, "missing_key", "item_id"),
    ({"ts": None}, "missing_key", "ts"),
    ({"ts": "yesterday"}, "bad_timestamp", "ts"),
    ({"ts": "2026-02-30T10:00:00Z"}, "bad_timestamp", "ts"),
    ({"ts": "2026-03-01T10:00:00"}, "timestamp_without_zone", "ts"),
    ({"ts": "2026-03-01"}, "timestamp_without_zone", "ts"),
    ({"ts": "2026-03-02T00:00:00Z"}, "timestamp_in_future", "ts"),
    ({"ts": "2026-03-01T23:30:00-01:00"}, "timestamp_in_future", "ts"),
    ({"ts": "1970-01-01T00:00:00Z"}, "timestamp_too_old", "ts"),
    ({"event_type": "purchase", "value": "many"}, "not_a_number", "value"),
    ({"event_type": "purchase", "value": "NaN"}, "not_finite", "value"),
    ({"event_type": "purchase", "value": float("inf")}, "not_finite", "value"),
    ({"event_type": "purchase", "value": -1}, "negative_value", "value"),
    ({"event_type": "dwell", "value": -0.5}, "negative_value", "value"),
    ({"event_type": "dwell", "value": None}, "missing_value", "value"),
    ({"event_type": "rating", "value": None}, "missing_value", "value"),
    ({"user_id": "u" * 257}, "oversized_field", "user_id"),
    ({"device": "d" * 1025}, "oversized_field", "device"),
    ({"note": "n" * 20_000}, "oversized_field", "context"),
]


def test_f9_f11_each_bad_row_goes_to_quarantine_with_its_reason_field_and_line(tmp_path: Path, take: Take) -> None:
    rows = [event(n, **changes) for n, (changes, _, _) in enumerate(BAD)]
    deliver(tmp_path / "in", DAY, [*rows, event(1000)])

    report = take(tmp_path / "in", first_days(1))

    assert refused(tmp_path) == [(n, reason, field) for n, (_, reason, field) in enumerate(BAD, start=1)]
    assert (report.accepted, report.quarantined) == (1, len(BAD))


def test_good_edges_pass(tmp_path: Path, take: Take) -> None:
    edges = [
        event(1, ts="2026-03-01T23:59:59.999999Z"),
        event(2, ts="2026-03-01 01:30:00+01:30"),
        event(3, event_type="purchase", value=0),
        event(4, event_type="return", value=-12.5),
        event(5, event_type="view", value=None),
        event(6, user_id="ü" * 256),
        event(7, ts="2026-03-01T00:00:00Z"),
    ]
    deliver(tmp_path / "in", DAY, edges)

    report = take(tmp_path / "in", first_days(1))

    assert (report.accepted, report.quarantined) == (len(edges), 0)
    stored = {row["event_id"]: row for row in Store(tmp_path / "lake").read("interactions").to_pylist()}
    assert stored["e1"]["ts"].microsecond == 999_999
    assert stored["e2"]["ts"].isoformat() == "2026-03-01T00:00:00+00:00"
    assert stored["e4"]["value"] == 12.5  # a refund at rest is the amount given back


def test_f9_unreadable_lines_and_a_ten_megabyte_field_do_not_stop_the_others(tmp_path: Path, take: Take) -> None:
    huge = '{"user_id": "' + "x" * 10_000_000 + '"}'
    deliver(tmp_path / "in", DAY, [event(1), "{bad", "[1, 2]", "", event(2), huge, event(3)])

    report = take(tmp_path / "in", first_days(1))

    assert (report.received, report.accepted) == (6, 3)
    assert [(line, reason) for line, reason, _ in refused(tmp_path)] == [
        (2, "unreadable_row"),
        (3, "unreadable_row"),
        (6, "oversized_field"),
    ]
    payloads = [row["payload"] for row in Store(tmp_path / "lake").read("quarantine").to_pylist()]
    assert "{bad" in payloads
    assert max(map(len, payloads)) <= 2_000


def test_f9_lines_in_another_encoding_are_named(tmp_path: Path, take: Take) -> None:
    folder = deliver(tmp_path / "in", DAY, [event(1)])
    part = folder / "events" / f"date={DAY}" / "part.jsonl"
    part.write_bytes(part.read_bytes() + '{"user_id": "Jürgen"}\n'.encode("latin-1"))

    take(tmp_path / "in", first_days(1))

    assert refused(tmp_path) == [(2, "wrong_encoding", None)]


def test_f9_csv_rows_of_the_wrong_width_or_encoding_are_set_aside_with_their_record(tmp_path: Path, take: Take) -> None:
    folder = tmp_path / "in" / "events" / f"date={DAY}"
    folder.mkdir(parents=True)
    good = b"u1,i1,view,2026-03-01T10:00:00Z,%d\n"
    (folder / "part.csv").write_bytes(
        b"user_id,item_id,event_type,ts,value\n"
        + good % 1
        + b"u1,i1\n"
        + good % 2
        + b"J\xfcrgen"
        + good % 3
        + b"a,b,c,d,e,f\n"
    )

    report = take(tmp_path / "in", first_days(1))

    assert report.accepted == 2
    assert [row[:2] for row in refused(tmp_path)] == [
        (3, "unreadable_row"),
        (5, "wrong_encoding"),
        (6, "unreadable_row"),
    ]


def test_f10_new_optional_columns_go_to_the_context(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1, page="home", context={"a": 1}), event(2, page="cart")])

    take(tmp_path / "in", first_days(1))

    rows = Store(tmp_path / "lake").read("interactions").sort_by("event_id")
    assert rows["context"].to_pylist() == ['{"a":1,"page":"home"}', '{"page":"cart"}']


@pytest.mark.parametrize(
    ("column", "values"),
    [("user_id", [1.0]), ("item_id", [["a", "b"]]), ("ts", [True]), ("ts", [20_260_301]), ("value", [["1"]])],
)
def test_f10_a_retyped_column_stops_before_writing(tmp_path: Path, take: Take, column: str, values: list[Any]) -> None:
    folder = tmp_path / "in" / "events" / f"date={DAY}"
    folder.mkdir(parents=True)
    row = {"user_id": ["u"], "item_id": ["i"], "event_type": ["view"], "ts": ["2026-03-01T10:00:00Z"], "value": [1.0]}
    pq.write_table(pa.table({**row, column: values}), folder / "part.parquet")

    with pytest.raises(SchemaChangeError, match=rf"part\.parquet.*{column}"):
        take(tmp_path / "in", first_days(1))

    assert not Store(tmp_path / "lake").exists("deliveries")


def test_f11_events_of_a_day_with_a_changed_clock_land_on_their_utc_day(tmp_path: Path, take: Take) -> None:
    mapping = tmp_path / "berlin.yaml"
    mapping.write_text(
        "zone: Europe/Berlin\nevents:\n  - files: ['*.jsonl']\n    columns: {user_id: user_id, item_id: item_id, "
        "event_type: event_type, ts: ts, event_id: event_id}\n    optional: [event_id]\n    ignore: [value]\n"
    )
    stamps = ["2026-03-29T00:30:00", "2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-03-29T23:30:00"]
    day = DAY + timedelta(days=28)
    deliver(tmp_path / "in", day, [event(n, ts=ts) for n, ts in enumerate(stamps)])

    take(tmp_path / "in", first_days(29), mapping=str(mapping))

    found = Store(tmp_path / "lake").read("interactions").sort_by("event_id")["ts"].to_pylist()
    assert [stamp.strftime("%d %H:%M:%S") for stamp in found] == [
        "28 23:30:00",
        "29 00:59:59",
        "29 01:00:00",
        "29 21:30:00",
    ]


def test_f11_a_leap_day_is_a_day(tmp_path: Path, take: Take) -> None:
    leap = DAY.replace(year=2028, month=2, day=29)
    deliver(tmp_path / "in", leap, [event(1, leap)])

    assert take(tmp_path / "in", first_days(1000)).days == (leap,)
