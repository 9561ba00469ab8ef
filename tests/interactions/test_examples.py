"""The examples run as they are described."""

from __future__ import annotations

from pathlib import Path

from interactions.ingestion import ingest
from interactions.mappings import load_mapping
from interactions.rules import IngestRules
from interactions.simulation import load_scenario, simulate
from interactions.sources import open_source
from warehouse.store import Store
from warehouse.windows import Window

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_shop_is_ingested_and_its_one_unknown_action_is_in_quarantine(tmp_path: Path) -> None:
    source = open_source(EXAMPLES / "shop", load_mapping(EXAMPLES / "shop-mapping.yaml"))
    store = Store(tmp_path)
    report = ingest(store, source, Window.parse("2026-03-01", "2026-03-09"), IngestRules())
    assert (report.received, report.accepted, report.quarantined, report.duplicates) == (12, 11, 1, 0)
    refused = store.frame("quarantine").iloc[0]
    assert (refused["reason"], refused["line"]) == ("unknown_type", 13)
    events = store.frame("interactions")
    assert events["event_type"].value_counts()["purchase"] == 3
    first = events.sort_values("ts").iloc[0]
    assert first["ts"].isoformat() == "2026-03-02T08:14:03+00:00"
    assert '"campaign"' in first["context"]
    assert store.frame("items").set_index("item_id").loc["pot-3", "price"] == 39.0


def test_the_bookshop_is_simulated_and_ingested_without_a_refused_row(tmp_path: Path) -> None:
    truth = simulate(tmp_path / "bookshop", load_scenario(EXAMPLES / "bookshop-scenario.yaml"))
    source = open_source(truth.folder, load_mapping("events"))
    assert source.span() == truth.window
    report = ingest(Store(tmp_path / "lake"), source, truth.window, IngestRules())
    assert report.quarantined == 0
    assert (report.received, report.duplicates, report.late) == (truth.events, truth.duplicates, truth.late)
