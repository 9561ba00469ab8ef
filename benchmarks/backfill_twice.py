"""Backfill the ingest DAG over 30 days, again, and again in reverse: equal tables, or exit 1. The last line is JSON.

    python benchmarks/backfill_twice.py [--days 30] [--events 60000] [--folder <kept folder>]

Starts Airflow as the demo does (no MLflow, no API), simulates a shop whose deliveries hold late and repeated events,
and asks for the backfills through Airflow's REST API, two runs at a time. Without ``--folder`` everything is written
to a temporary folder and removed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from interactions.simulation import Scenario, simulate
from tessera.platform import Platform, PlatformPlan, Ports
from tessera.platform.airflow_client import AirflowClient
from tessera.platform.plan import LOOPBACK
from tessera.platform.ports import settle
from warehouse.store import Store
from warehouse.windows import Window

DAG = "ingest_interactions"
SERVERS = ("pools", "api-server", "scheduler", "dag-processor", "triggerer")
TABLES = ("deliveries", "interactions", "quarantine", "ingest_ledger", "users", "items", "user_daily", "item_daily")


@dataclass(frozen=True)
class Pass:
    """One backfill over all days: how it was asked for, and what the tables held afterwards."""

    name: str
    seconds: float
    runs: int
    succeeded: int
    hashes: dict[str, str]


@dataclass(frozen=True)
class Backfills:
    """Backfills of the same days, one after another."""

    client: AirflowClient
    window: Window
    store: Store
    say: Callable[[str], None]
    dag: str = DAG
    tables: tuple[str, ...] = TABLES

    def run(self, name: str, **options: Any) -> Pass:
        """Backfill once and hash every table."""
        self.say(f"{name}: {self.window.length} days")
        began = time.monotonic()
        backfill = self.client.backfill(self.dag, self.window, max_active_runs=2, **options)
        runs = self.client.wait_for_backfill(backfill, timeout=7200, until_closed=True)
        done = Pass(
            name,
            round(time.monotonic() - began, 1),
            len(runs),
            sum(run.state == "success" for run in runs),
            {table: self.store.content_hash(table) for table in self.tables if self.store.exists(table)},
        )
        self.say(f"{name}: {done.succeeded} of {done.runs} runs succeeded in {done.seconds:.0f} s")
        for table, value in done.hashes.items():
            self.say(f"  {table:<14} {value}")
        return done


def plan_for(
    home: Path, window: Window, further: tuple[str, ...] = (), settings: Mapping[str, str] | None = None
) -> PlatformPlan:
    """Airflow alone (and ``further`` servers), its tasks on the lake under ``home``."""
    wanted = ("airflow", "smtp", "mailbox", "mlflow", "api")
    environment = {
        "TESSERA_HOME": str(home),
        "TESSERA_SOURCE": str(home / "source"),
        "TESSERA_SCHEDULE_START": window.start.isoformat(),
        # bounded, so that un-pausing starts no scheduled run beside the backfills
        "TESSERA_SCHEDULE_END": (window.end - timedelta(days=1)).isoformat(),
        **(settings or {}),
    }
    return PlatformPlan(
        home=home / "servers",
        dags=Path(__file__).resolve().parents[1] / "dags",
        ports=settle(Ports(0, 0, 0, 0, 0), wanted, LOOPBACK),
        environment=environment,
        only=(*SERVERS, *further),
    )


def measure(home: Path, days: int, events: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Simulate, start Airflow, backfill three times; the figures."""
    scenario = dataclasses.replace(Scenario.demo(), days=days, users=1500, items=400, events=events, drifts=())
    truth = simulate(home / "source", scenario)
    say(f"{truth.events} events in {truth.window}, {truth.late} late, {truth.duplicates} delivered twice")
    with Platform(plan_for(home, truth.window)) as platform:
        platform.wait_healthy()
        say("Airflow is healthy")
        login = platform.credentials
        with AirflowClient(platform.address("airflow"), login.username, login.password) as client:
            client.wait_for_dags([DAG])
            client.unpause(DAG)
            backfills = Backfills(client, truth.window, Store(home / "lake"), say)
            passes = [
                backfills.run("first"),
                backfills.run("again", reprocess="completed"),
                backfills.run("reversed", reprocess="completed", backwards=True),
            ]
        peak = platform.peak_memory
    return {
        "days": days,
        "events": truth.events,
        "equal": all(one.hashes == passes[0].hashes for one in passes) and len(passes[0].hashes) >= 7,
        "runs": [one.runs for one in passes],
        "succeeded": [one.succeeded for one in passes],
        "seconds": [one.seconds for one in passes],
        "peak_memory_gib": round(peak / 2**30, 2),
        "hashes": passes[0].hashes,
    }


def main() -> int:
    """Parse the command line, measure, print; 0 only when all runs succeeded and all tables are equal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--folder", type=Path, help="keep everything here; must be empty")
    arguments = parser.parse_args()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory() as aside:
        home = (arguments.folder or Path(aside)).resolve()
        if home.exists() and any(home.iterdir()):
            sys.exit(f"{home} is not empty: name another folder")
        figures = measure(home, arguments.days, arguments.events, say)
    print(json.dumps(figures | {"wall_seconds": round(time.monotonic() - began, 1), "cores": os.cpu_count()}))
    complete = figures["succeeded"] == figures["runs"] == [arguments.days] * 3
    return 0 if figures["equal"] and complete else 1


if __name__ == "__main__":
    sys.exit(main())
