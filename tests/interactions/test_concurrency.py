from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from interactions.ingestion import ingest
from interactions.mappings import load_mapping
from interactions.sources import open_source
from tests.interactions.conftest import Take
from tests.interactions.deliveries import DAY, deliver, event, first_days
from warehouse.store import Store
from warehouse.windows import Window


def _take(folder: Path, root: Path, windows: list[Window]) -> None:
    for window in windows:
        ingest(Store(root), open_source(folder, load_mapping("events")), window)


def test_f4_two_backfills_at_once_end_in_the_tables_of_one(tmp_path: Path, take: Take) -> None:
    every = first_days(4)
    for day in every:
        deliver(tmp_path / "in", day, [event(10 * day.day, day), event(10 * day.day + 1, DAY)])
    days = [Window.day(day) for day in every]
    plans = (days[:3], days[:0:-1])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda plan: _take(tmp_path / "in", tmp_path / "both", plan), plans))

    take(tmp_path / "in", every, root="one")
    for table in ("interactions", "deliveries", "ingest_ledger", "quarantine", "users", "items"):
        assert Store(tmp_path / "both").content_hash(table) == Store(tmp_path / "one").content_hash(table)
