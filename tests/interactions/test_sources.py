from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.errors import SourceError
from interactions.mappings import load_mapping
from interactions.sources import Archive, Deliveries, open_source
from tests.interactions.conftest import Take
from tests.interactions.deliveries import DAY, deliver, event, first_days
from warehouse.store import Store
from warehouse.windows import Window

RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,"HEART, WHITE",6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,71053,LANTERN,2,12/1/2010 8:26,3.39,17850.0,United Kingdom
536366,71053,LANTERN,1,12/1/2010 9:00,3.50,,United Kingdom
C536379,85123A,"HEART, WHITE",-1,2010-12-02 09:41:00,2.75,14527,France
536380,71053,LANTERN,1,gestern,3.39,14527,France
"""


@pytest.fixture
def movielens(tmp_path: Path) -> Path:
    folder = tmp_path / "ml"
    folder.mkdir()
    (folder / "ratings.dat").write_text("1::10::5::978300760\n2::20::3::978302109\n2::10::x::978302110\n2::10\n")
    (folder / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n")
    titles = "10::Amélie (2001)::Comedy|Romance\n20::Heat (1995)::Action\n30::Unseen (1999)::Drama\n"
    (folder / "movies.dat").write_bytes(titles.encode("latin-1"))
    return folder


def test_the_published_movielens_files_are_read(movielens: Path, tmp_path: Path, take: Take) -> None:
    source = open_source(movielens, load_mapping("movielens"))
    assert source.span() == Window.parse("2000-12-31", "2001-01-01")

    report = take(movielens, source.span(), mapping="movielens")

    assert (report.received, report.accepted) == (4, 2)
    assert dict(report.reasons) == {"not_a_number": 1, "unreadable_row": 1}
    store = Store(tmp_path / "lake")
    first = store.read("interactions").sort_by("user_id").to_pylist()[0]
    assert (first["event_type"], first["value"], first["ts"].isoformat()) == (
        "rating",
        5.0,
        "2000-12-31T22:12:40+00:00",
    )
    users = store.read("users").to_pylist()
    assert [(u["gender"], u["age_band"], u["occupation"]) for u in users] == [
        ("F", "under 18", "K-12 student"),
        ("M", "56+", "self-employed"),
    ]
    items = store.read("items").to_pylist()
    assert [(i["item_id"], i["title"], i["category"]) for i in items] == [
        ("10", "Amélie (2001)", "Comedy"),
        ("20", "Heat (1995)", "Action"),
        ("30", "Unseen (1999)", "Drama"),
    ]


def test_rows_of_an_archive_without_a_time_belong_to_its_first_day(movielens: Path) -> None:
    (movielens / "ratings.dat").write_text("1::10::5::978300760\n1::10::5::never\n1::10::5::978400000\n")
    source = open_source(movielens, load_mapping("movielens"))

    counts = [sum(len(batch) for batch in source.batches(Window.day(day))) for day in source.span()]

    assert counts == [2, 0, 1]


def test_the_published_online_retail_sheet_is_read_as_one_csv_file(tmp_path: Path, take: Take) -> None:
    file = tmp_path / "Online Retail.csv"
    file.write_text(RETAIL)

    report = take(file, Window.parse("2010-12-01", "2010-12-03"), mapping="online-retail")

    assert (report.received, report.accepted) == (4, 3)  # the sale to nobody is not received
    assert report.reasons == (("bad_timestamp", 1),)
    store = Store(tmp_path / "lake")
    events = store.read("interactions").sort_by([("ts", "ascending"), ("item_id", "ascending")]).to_pylist()
    assert [(e["user_id"], e["event_type"], round(e["value"], 2), e["session_id"]) for e in events] == [
        ("17850", "purchase", 6.78, "536365"),
        ("17850", "purchase", 15.3, "536365"),
        ("14527", "return", 2.75, "C536379"),
    ]
    items = {item["item_id"]: item for item in store.read("items").to_pylist()}
    assert (items["85123A"]["title"], items["85123A"]["price"]) == ("HEART, WHITE", pytest.approx(2.65))


def test_equal_rows_without_an_id_are_events_of_their_own(tmp_path: Path, take: Take) -> None:
    line = "1,A,a,1,12/1/2010 8:26,2.5,7,France\n"
    (tmp_path / "sales.csv").write_text(RETAIL.splitlines()[0] + "\n" + line * 3)

    report = take(tmp_path / "sales.csv", Window.parse("2010-12-01", "2010-12-02"), mapping="online-retail")

    assert (report.accepted, report.duplicates) == (3, 0)
    assert len(set(Store(tmp_path / "lake").read("interactions")["event_id"].to_pylist())) == 3


def test_one_archive_gives_the_same_events_by_days_and_at_once(movielens: Path, tmp_path: Path, take: Take) -> None:
    lines = [f"{n % 4}::{n % 6}::{1 + n % 5}::{978_300_000 + 30_000 * n}\n" for n in range(12)]
    (movielens / "ratings.dat").write_text("".join(lines) + lines[0])
    span = open_source(movielens, load_mapping("movielens")).span()

    take(movielens, span, root="range", mapping="movielens")
    for day in reversed(list(span)):
        take(movielens, Window.day(day), root="days", mapping="movielens")

    by_range, by_days = Store(tmp_path / "range"), Store(tmp_path / "days")
    for table in ("interactions", "deliveries", "ingest_ledger", "users", "items"):
        assert by_range.content_hash(table) == by_days.content_hash(table)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_the_same_events_in_any_format_give_the_same_tables(tmp_path: Path, take: Take, suffix: str) -> None:
    rows = [event(n, value=float(n), event_type="purchase", session_id=None if n else "s") for n in range(4)]
    deliver(tmp_path / "expected", DAY, rows)
    folder = tmp_path / "in" / "events" / f"date={DAY}"
    folder.mkdir(parents=True)
    table = pa.Table.from_pylist(rows)
    if suffix == "parquet":
        pq.write_table(table, folder / "a.parquet")
    elif suffix == "csv":
        table.to_pandas().to_csv(folder / "a.csv", index=False)
    else:
        deliver(tmp_path / "in", DAY, rows, "a.jsonl")

    take(tmp_path / "expected", first_days(1), root="expected-lake")
    take(tmp_path / "in", first_days(1))

    expected, found = Store(tmp_path / "expected-lake"), Store(tmp_path / "lake")
    assert found.content_hash("interactions") == expected.content_hash("interactions")


def test_several_files_of_a_delivery_are_read_in_order_of_their_names(tmp_path: Path, take: Take) -> None:
    deliver(tmp_path / "in", DAY, [event(1, item_id="second")], "b.jsonl")
    deliver(tmp_path / "in", DAY, [event(1, item_id="first")], "a.jsonl")
    (tmp_path / "in" / "events" / f"date={DAY}" / "_SUCCESS").touch()

    take(tmp_path / "in", first_days(1))

    assert Store(tmp_path / "lake").read("interactions")["item_id"].to_pylist() == ["first"]


def test_the_layout_tells_an_archive_from_deliveries(tmp_path: Path, movielens: Path) -> None:
    deliver(tmp_path / "in", date(2026, 3, 5), [event(1)])
    deliver(tmp_path / "in", date(2026, 3, 2), [event(2)])

    deliveries = open_source(tmp_path / "in", load_mapping("events"))

    assert isinstance(deliveries, Deliveries)
    assert deliveries.span() == Window.parse("2026-03-02", "2026-03-06")
    assert isinstance(open_source(movielens, load_mapping("movielens")), Archive)


def test_an_archive_of_our_own_schema_does_not_take_its_users_for_events(tmp_path: Path, take: Take) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist([event(1), event(2)]), folder / "log.parquet")
    pq.write_table(pa.table({"user_id": ["u1"], "gender": ["F"], "shoe": [39]}), folder / "users.parquet")

    report = take(folder, first_days(1))

    assert report.received == 2
    users = Store(tmp_path / "lake").read("users").to_pylist()
    assert [(u["user_id"], u["gender"], u["attributes"]) for u in users] == [
        ("u1", "F", '{"shoe":39}'),
        ("u2", None, None),
    ]


def test_what_is_not_there_or_not_readable_is_named(tmp_path: Path) -> None:
    mapping = load_mapping("movielens")
    with pytest.raises(SourceError, match="no source at"):
        open_source(tmp_path / "nowhere", mapping)
    with pytest.raises(SourceError, match=r"ratings\.dat"):
        open_source(tmp_path, mapping).span()
    (tmp_path / "events.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(SourceError, match=r"events\.parquet"):
        open_source(tmp_path, mapping).span()
    (tmp_path / "x" / "events" / "date=yesterday").mkdir(parents=True)
    with pytest.raises(SourceError, match="date=YYYY-MM-DD"):
        open_source(tmp_path / "x", mapping).span()


REAL = Path(os.environ.get("TESSERA_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


@pytest.mark.parametrize(
    ("folder", "mapping", "day"),
    [
        ("ml-1m", "movielens", "2001-03-01"),
        ("online-retail", "online-retail", "2011-03-01"),
        ("complete-journey-sample", "complete-journey", "2017-03-01"),
    ],
)
def test_a_day_of_a_real_archive_is_accepted_whole(
    tmp_path: Path, take: Take, folder: str, mapping: str, day: str
) -> None:
    if not (REAL / folder).is_dir():
        pytest.skip(f"no real data under {REAL.name}: set TESSERA_SHARED_DATA")
    frame = pd.read_parquet(REAL / folder / "events.parquet", columns=["ts", "event_type"])
    of_day = frame[(frame["ts"].dt.strftime("%Y-%m-%d") == day) & (frame["event_type"] != "coupon_redemption")]

    report = take(REAL / folder, Window.day(date.fromisoformat(day)), mapping=mapping)

    assert report.accepted == report.received == len(of_day) > 50
