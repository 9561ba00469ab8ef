from __future__ import annotations

import json
from datetime import date

import pytest

from tessera.errors import SettingsError
from tessera.ingestion import ingest_window, source_of
from tessera.settings import Settings
from tests.tessera.conftest import Environment
from warehouse.store import Store
from warehouse.windows import Window

DAY = date(2026, 3, 2)


def post(settings: Settings, user: str) -> None:
    """What the API's spool holds after one event."""
    file = settings.spool / "events" / f"date={DAY}" / "part.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    event = {
        "event_id": f"{user}-1",
        "user_id": user,
        "item_id": "lamp",
        "event_type": "view",
        "ts": f"{DAY}T10:00:00Z",
    }
    with file.open("a") as lines:
        lines.write(json.dumps(event) + "\n")


def test_a_shop_that_only_posts_needs_no_source(environment: Environment) -> None:
    settings = environment.load(TESSERA_HOME=str(environment.folder))
    post(settings, "ada")
    report = ingest_window(Store(settings.lake), settings, Window.day(DAY))
    assert (report.accepted, report.quarantined) == (1, 0)
    assert Store(settings.lake).frame("interactions")["user_id"].tolist() == ["ada"]


def test_without_a_source_and_without_posts_both_ways_are_named(environment: Environment) -> None:
    with pytest.raises(SettingsError, match=r"TESSERA_SOURCE.*POST /events"):
        source_of(environment.load())
