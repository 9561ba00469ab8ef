from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import scale_lake
from benchmarks.cost import training
from benchmarks.cost_heads import CountingSource, bounded
from benchmarks.scale_50m import equal
from interactions.features import export_features, rollup
from tests.recommender.conftest import AS_OF, START, world
from warehouse.engine import duckdb_engine
from warehouse.windows import Window


@pytest.fixture
def short_year(monkeypatch: pytest.MonkeyPatch) -> Window:
    monkeypatch.setattr(scale_lake, "DAYS", 70)
    return scale_lake.scenario(600, 60, 30).window


def test_a_simulated_lake_holds_every_delivered_event_and_is_made_once(tmp_path: Path, short_year: Window) -> None:
    store = scale_lake.simulated_lake(tmp_path, 600, 60, 30)
    events = store.frame("interactions")
    assert events["event_id"].is_unique
    assert set(store.dates("interactions")) <= set(short_year)
    assert len(store.read("items")) == 30
    again = scale_lake.simulated_lake(tmp_path, 600, 60, 30)
    assert again.snapshot("interactions") == store.snapshot("interactions")


def test_features_after_an_increment_equal_those_of_the_full_pass(tmp_path: Path, short_year: Window) -> None:
    store = scale_lake.simulated_lake(tmp_path, 600, 60, 30)
    engine, days = duckdb_engine("512MB", 1), list(short_year)

    def export(name: str, closings: Path | None = None) -> None:
        files = tmp_path / f"{name}-users.parquet", tmp_path / f"{name}-items.parquet"
        export_features(engine, store, short_year.end, files, closings=closings)

    rollup(engine, store, days[:-1])
    export("before", tmp_path / "closings")
    rollup(engine, store, days[-1:])
    export("increment", tmp_path / "closings")
    rollup(engine, store, days)
    export("full")
    assert equal(tmp_path, "increment", "full")
    assert not equal(tmp_path, "before", "full")


def test_generated_histories_are_the_same_for_a_seed() -> None:
    one, other = training(50, 20, 400), training(50, 20, 400)
    np.testing.assert_array_equal(one.history.weights.toarray(), other.history.weights.toarray())
    assert one.history.weights.sum() == 400


def test_the_rows_that_a_source_hands_out_are_counted() -> None:
    source = CountingSource(replace(world(users=20)))
    found = source.events(Window(START, AS_OF))
    assert source.rows == [len(found)]


def test_a_figure_beside_its_bound_says_whether_it_is_kept() -> None:
    assert bounded("x", "", 1.0, 2.0)["kept"] == "yes"
    assert bounded("x", "", 3.0, 2.0)["kept"] == "NO"
