"""A lake of a few segments over some days, written row by row: what the page has to show is known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 15)
WATCHED = tuple(LAST - timedelta(days=n) for n in range(6, -1, -1))
DECIDED = {
    "strategy": "head",
    "reason": "the lower bound is above the margin",
    "metric": "ndcg@10",
    "parent": 0.1,
    "challenger": 0.12,
    "difference": 0.02,
    "lower": 0.01,
    "upper": 0.03,
    "users": 400,
}


def small_lake(folder: Path, names: dict[str, str] | None = None) -> Store:
    """Segments s1 (3 users, then 4), s2 (2) and s3 (1, new); s2 has drifted, s1 serves its own version 2."""
    store = Store(folder)
    named = names or {"s1": "Evening users", "s2": "Bargain <hunters>", "s3": "New users"}
    write(store, "segments", LAST, [_segment(s, name) for s, name in named.items()])
    _people(store, FIRST, {"s1": "abc", "s2": "def"})
    _people(store, LAST, {"s1": "abcd", "s2": "ef", "s3": "g"})
    _decisions(store)
    for day in WATCHED:
        write(store, "drift_verdicts", day, _verdicts(day))
        write(store, "drift_measurements", day, _measurements(day))
    write(
        store,
        "segment_lineage",
        LAST,
        [_row(segment_id="s3", event="split", other_id="s2", users=1, detail="took 33%")],
    )
    write(store, "ingest_ledger", LAST - timedelta(days=1), [_row(accepted=10)])
    _events(store)
    return store


def write(store: Store, table: str, day: date, rows: list[dict[str, Any]]) -> None:
    """Replace one day; columns that a row does not name are null."""
    columns = TABLES[table].schema.names
    partition = TABLES[table].partition[0]
    complete = [dict.fromkeys(columns) | {partition: day} | row for row in rows]
    store.replace(table, pd.DataFrame(complete, columns=columns), Window.day(day))


def _row(**fields: Any) -> dict[str, Any]:
    return fields


def _segment(segment_id: str, name: str) -> dict[str, Any]:
    trait = {"feature": "share_evening", "level": None, "mean": 0.6, "overall": 0.2, "z": 1.4, "band_z": 1.2}
    return _row(segment_id=segment_id, name=name, band="regular", users=3, profile=json.dumps([trait]), model="{}")


def _people(store: Store, day: date, members: dict[str, Iterable[str]]) -> None:
    rows = [_row(user_id=user, segment_id=s, band="regular") for s, users in members.items() for user in users]
    write(store, "segment_assignments", day, rows)


def _decisions(store: Store) -> None:
    asked = json.dumps({"reason": "drift as of 2026-06-15"})
    first = [
        _row(segment_id=s, model_version="1", parent_version="7", verdict="serves", **DECIDED) for s in ("s1", "s2")
    ]
    write(store, "gate_decisions", FIRST, [*first, _row(segment_id="global", model_version="7", verdict="serves")])
    again = DECIDED | {"challenger": 0.14, "difference": 0.04, "lower": 0.02, "upper": 0.06}
    kept = _row(segment_id="s1", model_version="2", parent_version="7", verdict="serves", detail=asked, **again)
    write(store, "gate_decisions", LAST, [kept])


def _verdicts(day: date) -> list[dict[str, Any]]:
    moved = day == LAST
    drifted = _row(verdict="drift", cause="behaviour", reason="category 0.3 against 0.1", share_drifted=0.5)
    quiet = _row(verdict="no_drift", cause="none", reason="all within limits", share_drifted=0.0)
    return [
        _row(segment_id="s1", **quiet),
        _row(segment_id="s2", **(drifted | {"report": "/reports/s2.html"} if moved else quiet)),
        _row(segment_id="s3", verdict="too_little_data", cause="none", reason="12 rows", share_drifted=0.0),
        _row(segment_id="all", **quiet),
    ]


def _measurements(day: date) -> list[dict[str, Any]]:
    moved = _row(feature="category", distance=0.3 if day == LAST else 0.05, threshold=0.1, drifted=day == LAST)
    still = _row(feature="price", distance=0.1, threshold=0.2, drifted=False)
    texts = {"before": "Garden 12 %", "after": "Garden 31 %", "method": "jensenshannon"}
    return [_row(segment_id="s2", **fields, **texts) for fields in (moved, still)]


def _events(store: Store) -> None:
    met = {"lamp": "abcd", "spade": "ef", "book": "abcdefg"}
    rows = [_row(user_id=user, item_id=item, event_type="view") for item, users in met.items() for user in users]
    write(store, "interactions", LAST - timedelta(days=1), rows)
    titles = [_row(item_id=item, title=item.title()) for item in met]
    store.replace("items", pd.DataFrame([dict.fromkeys(TABLES["items"].schema.names) | row for row in titles]))
