"""Backfill the monitor over 60 days, and again after a promotion and late events: equal verdicts, no mail, or exit 1.

    python -m benchmarks.backfill_monitor [--days 60] [--events 60000] [--direct] [--folder <kept folder>]

Simulates a shop whose last week drifts, trains a parent before the first monitored day, and asks Airflow for a backfill
of ``monitor_segments``. Then a younger parent is promoted and a delivery changes old days; the second backfill runs the
days in reverse. Mails are counted at the mail sink. ``--direct`` calls the same step without Airflow, in one process.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.backfill_twice import Backfills, Pass, plan_for
from benchmarks.reporting import finish, say
from interactions.simulation import Scenario, simulate
from tessera import steps
from tessera.platform import Platform
from tessera.platform.airflow_client import AirflowClient
from tessera.settings import load
from warehouse.store import Store
from warehouse.windows import Window

DAG = "monitor_segments"
TABLES = ("drift_verdicts", "drift_measurements", "quality_measurements")
# before the first monitored day: the first segmentation, the windows of the parent's proof, the reference's own past
HISTORY = 70
SMALL = {
    "TESSERA_SEGMENTATION__MINIMUM_SIZE": "150",
    "TESSERA_SEGMENTATION__BOOTSTRAPS": "2",
    "TESSERA_TRAINING__BACKTEST__GATE_WINDOWS": "1",
    "TESSERA_TRAINING__SPINE__RANKER": '{"seeds": [1], "trees": 10, "users": 200}',
}


def main() -> int:
    """Measure and print; 0 only when all verdicts are equal, all runs succeeded and no mail was sent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--direct", action="store_true", help="without Airflow, in this process")
    parser.add_argument("--folder", type=Path, help="keep everything here; must be empty")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        figures = measure((asked.folder or Path(aside)).resolve(), asked)
    finish(figures)
    complete = figures["succeeded"] == [asked.days] * 2
    return 0 if figures["equal"] and complete and not figures["mails"] and not figures["trainings"] else 1


def measure(home: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Prepare the shop, backfill twice, compare."""
    sizes = {"users": 1500, "items": 400, "events": asked.events}
    truth = simulate(home / "source", dataclasses.replace(Scenario.demo(), days=asked.days + HISTORY, **sizes))
    settings = prepare(home)
    watched = Window.trailing(truth.window.end, asked.days)
    steps.ingest(truth.window.start.isoformat(), truth.window.end.isoformat())
    steps.assign(watched.start.isoformat())
    steps.train_global(watched.start.isoformat(), "the first parent")
    say(f"{truth.events} events in {truth.window}; monitoring {watched}")
    passes, mails, trainings = direct(watched) if asked.direct else through_airflow(home, watched, settings)
    found = Store(load().lake).frame("drift_verdicts")
    return {
        "days": asked.days,
        "airflow": not asked.direct,
        "equal": passes[0].hashes == passes[1].hashes and len(passes[0].hashes) >= 2,
        "succeeded": [one.succeeded for one in passes],
        "seconds": [one.seconds for one in passes],
        "mails": mails,
        "trainings": trainings,
        "verdicts": {str(name): int(n) for name, n in found["verdict"].value_counts().items()},
        "hashes": passes[0].hashes,
    }


def prepare(home: Path) -> dict[str, str]:
    """The settings of this process and of Airflow's tasks."""
    for name in [name for name in os.environ if name.startswith("TESSERA_")]:
        del os.environ[name]
    settings = {
        "TESSERA_HOME": str(home),
        "TESSERA_SOURCE": str(home / "source"),
        "TESSERA_MLFLOW_URI": f"sqlite:///{home / 'mlflow.db'}",
        **SMALL,
    }
    os.environ |= settings
    os.chdir(home)  # MLflow without a server writes beside the caller
    load.cache_clear()
    return settings


def change_the_present(watched: Window) -> None:
    """A younger parent is promoted, and events arrive late for days that were judged."""
    store, middle = Store(load().lake), watched.start + timedelta(days=watched.length // 2)
    steps.train_global(middle.isoformat(), "a younger parent")
    for day in (watched.start, middle):
        rows = store.frame("interactions", window=Window.day(day))
        late = rows.head(50).assign(event_id=rows["event_id"].head(50) + "-late")
        store.replace("interactions", late, Window.day(day))
    say("a younger parent serves, and two judged days hold other events")


def direct(watched: Window) -> tuple[list[Pass], int, int]:
    """Both passes in this process, the second in reverse; nothing here sends or trains."""
    first = judged("first", list(watched))
    change_the_present(watched)
    return [first, judged("again, reversed", list(watched)[::-1])], 0, 0


def judged(name: str, days: list[date]) -> Pass:
    """Judge every day as its backfilled run does."""
    began = time.monotonic()
    for day in days:
        steps.monitor((day + timedelta(days=1)).isoformat())
    store = Store(load().lake)
    hashes = {table: store.content_hash(table) for table in TABLES if store.exists(table)}
    say(f"{name}: {len(days)} days, {hashes['drift_verdicts'][:12]}")
    return Pass(name, round(time.monotonic() - began, 1), len(days), len(days), hashes)


def through_airflow(home: Path, watched: Window, settings: dict[str, str]) -> tuple[list[Pass], int, int]:
    """Both passes as backfills, the mails that the sink got and the training runs that were asked for."""
    with Platform(plan_for(home, watched, ("mailbox",), settings)) as platform:
        platform.wait_healthy()
        login = platform.credentials
        with AirflowClient(platform.address("airflow"), login.username, login.password) as client:
            client.wait_for_dags([DAG, "train_segments"])
            client.unpause(DAG)
            backfills = Backfills(client, watched, Store(load().lake), say, DAG, TABLES)
            first = backfills.run("first")
            change_the_present(watched)
            again = backfills.run("again, reversed", reprocess="completed", backwards=True)
            trainings = len(client.runs("train_segments"))
        return [first, again], len(list(platform.plan.mails.glob("*.eml"))), trainings


if __name__ == "__main__":
    sys.exit(main())
