from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from monitoring.quality import QualityEvidence, measure_quality, quality_table
from monitoring.quality_settings import QualitySettings
from tessera.recorded_quality import recorded_quality
from warehouse.store import Store
from warehouse.windows import Window

DAY = date(2026, 3, 8)


def test_what_was_measured_is_read_back_as_it_was(tmp_path: Path) -> None:
    store, served = Store(tmp_path), np.linspace(0.0, 0.4, 300)
    assert recorded_quality(store, DAY) == {}
    evidence = QualityEvidence(date(2026, 3, 1), "tessera-s1/3", "ndcg@10", served, served * 0.9, 0.5, 900)
    found = {"s1": measure_quality(evidence, QualitySettings())}
    store.replace("quality_measurements", quality_table(found, DAY), Window.day(DAY))
    assert recorded_quality(store, DAY) == found
    assert found["s1"].fallen
    assert recorded_quality(store, date(2026, 3, 9)) == {}
