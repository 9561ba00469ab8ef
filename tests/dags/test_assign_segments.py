"""The assignment DAG, run for real."""

from __future__ import annotations

import pytest

from tests.dags.airflow_parts import Run, Runner, lake
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("dags")


def test_every_user_is_in_one_segment_as_of_the_end_of_the_interval(runner: Runner, assignment: Run) -> None:
    rows = lake().frame("segment_assignments", window=Window.day(runner.window.end))
    assert rows["user_id"].is_unique
    assert assignment.results["assign"]["users"] == rows.groupby("segment_id").size().to_dict()
    assert assignment.states == {"interactions_arrived": "success", "assign": "success"}


def test_assigning_again_leaves_equal_tables(runner: Runner, assignment: Run) -> None:
    tables = ("segments", "segment_assignments", "user_features", "item_features")
    before = [lake().content_hash(table) for table in tables]
    runner.succeed("assign_segments")
    assert [lake().content_hash(table) for table in tables] == before
