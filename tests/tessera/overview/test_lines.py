from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest

from tessera.overview.lines import Overview, overview, reason_of, serves
from tessera.overview.serving_state import ServingState
from tessera.overview.tables import Tables
from tessera.settings import Settings
from tests.tessera.overview.small_lake import FIRST, LAST, WATCHED, small_lake, write
from warehouse.store import Store

LIVE = ServingState({"tessera-global": "7", "tessera-s1": "2"})


@pytest.fixture
def found(tables: Tables, settings: Settings) -> Overview:
    return overview(tables, settings, LIVE)


def test_segments_come_largest_first_with_their_size_and_its_trend(found: Overview) -> None:
    assert [(line.segment_id, line.users) for line in found.lines] == [("s1", 4), ("s2", 2), ("s3", 1)]
    assert [round(line.growth, 2) for line in found.lines[:2]] == [0.33, -0.33]
    assert math.isnan(found.lines[2].growth), "a new segment has no trend"


def test_the_newest_decision_and_its_reason_count(found: Overview) -> None:
    line = found.line("s1")
    assert line is not None
    assert (line.decision["model_version"], line.decision["difference"]) == ("2", 0.04)
    assert reason_of(line.decision) == "drift as of 2026-06-15"
    assert reason_of({"detail": "no json"}) == reason_of({}) == ""


def test_drift_is_the_newest_verdict_with_the_days_before_it(found: Overview) -> None:
    moved, quiet, scarce = (found.line(segment) for segment in ("s2", "s1", "s3"))
    assert moved is not None
    assert quiet is not None
    assert scarce is not None
    assert (moved.alarmed, quiet.alarmed, scarce.alarmed) == (True, False, False)
    assert [row["as_of"] for row in moved.verdicts] == list(WATCHED)
    assert found.mix["verdict"] == "no_drift"


def test_a_training_can_be_asked_for_as_of_the_day_after_the_newest_ingested_one(found: Overview) -> None:
    assert (found.as_of, found.ingested) == (LAST, LAST)
    assert found.ingested - timedelta(days=1) == LAST - timedelta(days=1)


@pytest.mark.parametrize(
    ("champions", "said"),
    [
        ({"tessera-global": "7", "tessera-s1": "2"}, "own v2"),
        ({"tessera-global": "8", "tessera-s1": "2"}, "parent v8, own v2 is not proved on it"),
        ({"tessera-global": "7"}, "parent v7"),
        ({}, "popular items"),
    ],
)
def test_who_serves_is_said_as_serving_decides_it(champions: dict[str, str], said: str) -> None:
    decisions = [{"model_version": "2", "parent_version": "7"}]
    assert serves("s1", ServingState(champions), decisions) == said


def test_a_silent_registry_leaves_all_the_rest(tables: Tables, settings: Settings) -> None:
    found = overview(tables, settings, ServingState(trouble="refused"))
    assert {line.serves for line in found.lines} == {"not known"}
    assert found.parent.serves == "not known"
    assert found.lines[0].decision["model_version"] == "2"


def test_an_empty_lake_has_no_segments(tmp_path: Path, settings: Settings) -> None:
    found = overview(Tables(Store(tmp_path)), settings, LIVE)
    assert (found.lines, found.as_of, found.ingested) == ((), None, None)


def test_wrong_settings_of_segments_are_said_and_hide_nothing(
    tables: Tables, settings: Settings, tmp_path: Path
) -> None:
    wrong = tmp_path / "segments.yaml"
    wrong.write_text("segments: {s1: {colour: blue}}")
    found = overview(tables, settings.model_copy(update={"segments_file": wrong}), LIVE)
    assert len(found.lines) == 3
    assert "colour" in found.troubles[0]


def test_policies_are_those_of_the_settings(tables: Tables, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "segments.yaml"
    file.write_text("segments: {s1: {promotion: manual}}")
    found = overview(tables, settings.model_copy(update={"segments_file": file}), LIVE)
    assert {line.segment_id: line.promotion for line in found.lines} == {"s1": "manual", "s2": "auto", "s3": "auto"}


def test_a_fit_between_two_assignments_counts_users_too(tmp_path: Path, settings: Settings) -> None:
    store = small_lake(tmp_path)
    between, later = FIRST + timedelta(days=7), LAST + timedelta(days=7)
    for day in (between, later):
        write(store, "segments", day, [{"segment_id": "s1", "name": "Evening users", "users": 9, "profile": "[]"}])
    line = overview(Tables(store), settings, LIVE).line("s1")
    assert line is not None
    assert line.sizes == ((FIRST, 3), (between, 9), (LAST, 4)), "what is later than the last assignment does not count"
