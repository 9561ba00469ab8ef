"""Small deliveries for the tests of ingest, and an account of them that shares no code with the product."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from warehouse.windows import Window

DAY = date(2026, 3, 1)


def event(number: int, day: date = DAY, **changes: Any) -> dict[str, Any]:
    """An event of ``day``; the same number gives the same event."""
    stamp = datetime(day.year, day.month, day.day, 12) + timedelta(seconds=number)
    row: dict[str, Any] = {
        "event_id": f"e{number}",
        "user_id": f"u{number % 3}",
        "item_id": f"i{number % 5}",
        "event_type": "view",
        "ts": stamp.isoformat() + "Z",
        "value": None,
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not ...}


def deliver(folder: Path, day: date, rows: Iterable[dict[str, Any] | str], name: str = "part.jsonl") -> Path:
    """Write a delivery as JSON Lines; a string is a line as it is."""
    place = folder / "events" / f"date={day}"
    place.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (place / name).write_text("".join(line + "\n" for line in lines))
    return folder


def first_days(count: int) -> Window:
    """The first ``count`` days of the tests."""
    return Window.trailing(DAY + timedelta(days=count), count)
