"""What retraining one drifted segment of ten and more costs, against its share of events of a full training.

    python -m benchmarks.retrain_cost [--events 300000] [--users 6000] [--items 800] [--folder <kept folder>]

Every step runs in a process of its own, as Airflow's tasks do, and its CPU seconds count from the start of Python.
The full training is the plan, the parent and every segment (15 at the default size); a week later one segment is
retrained on the live parent.
The promise: at most 1.2 times the segment's share of events; nobody else's version changes. The last line is JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.reporting import finish, say, show, timed
from interactions.simulation import Scenario, simulate
from tessera.settings import load
from tessera.training import CONFIGURED
from training.registry import Registry
from training.versions import GLOBAL, model_name
from warehouse.store import Store
from warehouse.windows import Window

DAYS = 98
SEGMENTS = 10
PROMISED = 1.2
WEEK = timedelta(days=7)


def main() -> int:
    """Simulate, train everything, retrain every segment once, print what each costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--users", type=int, default=6_000)
    parser.add_argument("--items", type=int, default=800)
    parser.add_argument(
        "--retrained", type=int, default=3, help="how many of the segments are retrained, largest first"
    )
    parser.add_argument("--folder", type=Path, help="keep everything here; must be empty")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        finish(measure((asked.folder or Path(aside)).resolve(), asked))
    return 0


def measure(home: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The figures of one simulated shop."""
    sizes = {"events": asked.events, "users": asked.users, "items": asked.items}
    truth = simulate(home / "source", dataclasses.replace(Scenario.demo(), days=DAYS, drifts=(), **sizes))
    prepare(home)
    end = truth.window.end
    before = end - WEEK
    step("ingest", truth.window.start.isoformat(), before.isoformat())
    step("assign", before.isoformat())
    full = train(before)
    say(f"full training: {sum(full.values()):.1f} CPU s, of which the parent {full[GLOBAL]:.1f}")
    step("ingest", before.isoformat(), end.isoformat())
    shares = event_shares(end)
    chosen = sorted(full.keys() & shares.keys(), key=lambda segment: -shares[segment])[: asked.retrained]
    rows = [retrained(segment, end, shares[segment], sum(full.values())) for segment in chosen]
    show("Retraining one segment", rows, f"of a full training: {sum(full.values()):.1f} CPU s")
    worst = max(row["times"] for row in rows)
    return {
        "events": truth.events,
        "segments": len(full) - 1,
        "full_cpu_seconds": round(sum(full.values()), 1),
        "parent_cpu_seconds": round(full[GLOBAL], 1),
        "retrained": rows,
        "worst_times_its_share": worst,
        "promised": PROMISED,
        "kept": worst <= PROMISED,
    }


def prepare(home: Path) -> None:
    """The settings of this process and of every step's."""
    for name in [name for name in os.environ if name.startswith("TESSERA_")]:
        del os.environ[name]
    os.environ |= {
        "TESSERA_HOME": str(home),
        "TESSERA_SOURCE": str(home / "source"),
        "TESSERA_MLFLOW_URI": f"sqlite:///{home / 'mlflow.db'}",
        # bands of new and occasional users, and eight clusters of regular ones
        "TESSERA_SEGMENTATION__K_RANGE": f"[{SEGMENTS - 2}, {SEGMENTS - 2}]",
        "TESSERA_SEGMENTATION__STABILITY_FLOOR": "0.0",
        "TESSERA_SEGMENTATION__MINIMUM_SIZE": "100",
        "TESSERA_SEGMENTATION__BOOTSTRAPS": "2",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    os.chdir(home)  # MLflow without a server writes beside the caller
    load.cache_clear()


def step(name: str, *arguments: str) -> float:
    """CPU seconds of one step in a fresh process."""
    call = f"import sys; from tessera import steps; steps.{name}(*sys.argv[1:])"
    with timed() as cost:
        done = subprocess.run([sys.executable, "-c", call, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"step {name} failed:\n{done.stderr[-2000:]}")
    return cost.cpu_seconds


def train(as_of: date) -> dict[str, float]:
    """CPU seconds of a full training by model; that of the plan is the parent's."""
    on = as_of.isoformat()
    spent = {GLOBAL: step("plan_training", on) + step("train_global", on)}
    store = Store(load().lake)
    living = store.frame("tuning_budget", window=Window.day(as_of), columns=["segment_id"])["segment_id"]
    return spent | {segment: step("train_segment", segment, on) for segment in sorted(living.astype(str))}


def event_shares(as_of: date) -> dict[str, float]:
    """Every segment's share of the events before a day, by who belongs to it then."""
    from tessera.lake import LakeSource
    from tessera.membership import Membership

    store, settings = Store(load().lake), load()
    source = LakeSource(store, settings)
    people = Membership(store, settings, source, as_of).at(as_of)
    events = store.frame("interactions", columns=["user_id"])["user_id"].map(people).value_counts(normalize=True)
    return {str(segment): float(share) for segment, share in events.items()}


def retrained(segment: str, as_of: date, share: float, full: float) -> dict[str, Any]:
    """What one segment's retraining costs as Airflow runs it: the plan and its task."""
    registry = Registry(load().mlflow_uri, load().ledger)
    before = versions(registry)
    cost = step("plan_training", as_of.isoformat()) + step(
        "train_segment", segment, as_of.isoformat(), CONFIGURED, "drift"
    )
    changed = sorted(name for name, known in versions(registry).items() if known != before.get(name))
    if changed != [model_name(segment)]:
        sys.exit(f"retraining {segment} changed {changed}")
    part = cost / full
    return {
        "segment": segment,
        "share_of_events": round(share, 4),
        "cpu_seconds": round(cost, 1),
        "share_of_full": round(part, 4),
        "times": round(part / share, 2),
    }


def versions(registry: Registry) -> dict[str, list[str]]:
    """All registered versions by model."""
    return {name: [version.version for version in registry.versions(name)] for name in registry.names()}


if __name__ == "__main__":
    sys.exit(main())
