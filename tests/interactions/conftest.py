from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interactions.ingestion import IngestReport, ingest
from interactions.mappings import load_mapping
from interactions.rules import IngestRules
from interactions.sources import open_source
from warehouse.store import Store
from warehouse.windows import Window

Take = Callable[..., IngestReport]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Ingest a folder in our own schema into a store, for one day or a window."""

    def run(folder: Path, window: Window, root: str = "lake", mapping: str = "events", **rules: Any) -> IngestReport:
        rules.setdefault("max_reject_share", 1.0)
        source = open_source(folder, load_mapping(mapping))
        said: list[str] = []
        report = ingest(Store(tmp_path / root), source, window, IngestRules(**rules), said.append)
        assert report.accepted + report.quarantined + report.duplicates == report.received
        assert any(str(report.received) in line for line in said)
        return report

    return run
