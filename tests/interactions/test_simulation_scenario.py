from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from interactions.simulation import Drift, Scenario, ScenarioError, load_scenario
from interactions.simulation.loading import parse_scenario, plain

DEMO = Scenario.demo()
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_demo_ends_at_its_fixed_date_and_drifts_in_one_large_segment_in_the_last_week() -> None:
    assert (DEMO.end, DEMO.days, DEMO.users, DEMO.items) == (date(2026, 6, 29), 84, 6000, 1200)
    (drift,) = DEMO.drifts
    assert drift.day == DEMO.end - timedelta(days=7)
    shares = {segment.name: segment.share for segment in DEMO.segments}
    assert shares[str(drift.segment)] / sum(shares.values()) >= 0.15


def test_a_scenario_survives_being_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(yaml.safe_dump(plain(DEMO), sort_keys=False))
    assert load_scenario(file) == DEMO


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*scenario*.yaml")), ids=lambda path: path.name)
def test_every_example_scenario_loads(example: Path) -> None:
    assert load_scenario(example).segments


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"users": 0}, "'users'"),
        ({"users": "many"}, "'users'"),
        ({"items": 5}, "'items'"),
        ({"late": 1.5}, "'late'"),
        ({"lifetime_days": 0}, "'lifetime_days'"),
        ({"colour": "red"}, "colour"),
        ({"segments": []}, "'segments'"),
        ({"end": "soon"}, "'end'"),
        ({"segments": [3]}, "PlantedSegment"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ScenarioError, match=named):
        parse_scenario(plain(DEMO) | change)


def test_a_missing_field_is_named() -> None:
    values = plain(DEMO)
    del values["end"]
    with pytest.raises(ScenarioError, match=r"missing \['end'\]"):
        parse_scenario(values)


def test_an_unknown_word_in_a_segment_is_refused_with_the_known_ones() -> None:
    segment = dataclasses.replace(DEMO.segments[0], categories={"spaceships": 1})
    with pytest.raises(ScenarioError, match=r"spaceships|electronics"):
        dataclasses.replace(DEMO, segments=(segment,), drifts=())


def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("- one\n- two\n")
    with pytest.raises(ScenarioError, match="mapping"):
        load_scenario(file)


@pytest.mark.parametrize(
    "drift",
    [
        Drift("taste", date(2026, 6, 1), 0.5, segment="nobody"),
        Drift("taste", date(2026, 6, 29), 0.5, segment="families"),
        Drift("taste", date(2026, 6, 1), 0.0, segment="families"),
        Drift("mix", date(2026, 6, 1), 0.5, segment="families"),
        Drift("mix", date(2026, 6, 1), 0.5, segment="families", to="retirees", until=date(2026, 6, 8)),
        Drift("rain", date(2026, 6, 1), 0.5),  # type: ignore[arg-type]
    ],
)
def test_an_impossible_drift_is_refused(drift: Drift) -> None:
    with pytest.raises(ScenarioError, match="drift"):
        dataclasses.replace(DEMO, drifts=(drift,))


def test_a_drift_acts_from_its_day_grows_over_its_ramp_and_ends() -> None:
    drift = Drift("catalogue", date(2026, 6, 1), 0.8, ramp_days=4, until=date(2026, 6, 6))
    levels = [drift.level(date(2026, 5, 31) + timedelta(days=n)) for n in range(7)]
    assert levels == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 0.8, 0])
