"""The ingest DAG, run for real."""

from __future__ import annotations

import pytest

from tests.dags.airflow_parts import Runner, lake

pytestmark = pytest.mark.xdist_group("dags")

TABLES = ("deliveries", "interactions", "ingest_ledger", "users", "items", "user_daily", "item_daily")


def hashes() -> dict[str, str]:
    return {table: lake().content_hash(table) for table in TABLES}


def test_ingesting_twice_leaves_equal_tables(runner: Runner) -> None:
    before = hashes()
    runner.succeed("ingest_interactions", start=runner.window.start.isoformat(), end=runner.end)
    assert hashes() == before


def test_a_run_without_parameters_takes_the_day_of_its_interval_again(runner: Runner) -> None:
    before = hashes()
    report = runner.succeed("ingest_interactions").results["ingest"]
    ledger = lake().frame("ingest_ledger").set_index("date").sort_index()
    assert report["received"] == ledger["received"].iloc[-1] > 0
    assert hashes() == before


def test_the_rows_that_were_received_are_accounted_for(runner: Runner) -> None:
    report = runner.succeed("ingest_interactions").results["ingest"]
    assert report["received"] == report["accepted"] + report["quarantined"] + report["duplicates"]
