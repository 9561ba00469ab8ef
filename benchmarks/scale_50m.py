"""Features of fifty million events, whole and a day at a time: seconds and memory. The last line is JSON.

    python benchmarks/scale_50m.py [--events 50000000] [--users 1000000] [--items 100000] [--folder F]

Simulated events of a year lie in a lake; every step below runs in a process of its own, so that its memory is its own:

* rollups of the whole year, then features as of its end from those rollups (the full pass),
* the last day's rollup, then features again (the increment): the same tables, compared by value.

DuckDB is held to ``--memory`` (default 1200MB) of the 2 GB: frames and Arrow live beside it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.reporting import finish, measured, peak_memory_mb, say, show
from benchmarks.scale_lake import in_its_folder, scenario, simulated_lake
from interactions.features import export_features, rollup
from warehouse.engine import duckdb_engine
from warehouse.store import Store
from warehouse.windows import Window

Figures = dict[str, Any]
_KINDS = ("users", "items")


def rolled_up(folder: Path, days: tuple[date, ...], memory: str) -> Figures:
    """Roll up these days; what it cost."""
    engine, store = duckdb_engine(memory, 2), Store(folder / "lake")
    _, cost = measured(lambda: rollup(engine, store, days))
    return {**cost.figures(), "peak_mb": peak_memory_mb()}


def computed(folder: Path, as_of: date, memory: str, name: str) -> Figures:
    """Features as of a day from the rollups, kept as ``name``; what computing them cost."""
    engine, store = duckdb_engine(memory, 2), Store(folder / "lake")
    users, items = (folder / f"{name}-{kind}.parquet" for kind in _KINDS)
    _, cost = measured(lambda: export_features(engine, store, as_of, users, items))
    return {**cost.figures(), "peak_mb": peak_memory_mb()}


def prepared(folder: Path, events: int, users: int, items: int) -> Figures:
    """Simulate, if that is not done yet."""
    _, cost = measured(lambda: simulated_lake(folder, events, users, items))
    return {**cost.figures(), "peak_mb": peak_memory_mb()}


def equal(folder: Path, one: str, other: str) -> bool:
    """Whether two kept computations have the same values, to the bit."""
    pairs = [[pd.read_parquet(folder / f"{name}-{kind}.parquet") for name in (one, other)] for kind in _KINDS]
    return all(first.equals(second) for first, second in pairs)


def alone(work: Callable[..., Figures], *arguments: Any) -> Figures:
    """Run ``work`` in a fresh process and return its figures."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Every step in order; the table and the last line."""
    window = scenario(arguments.events, arguments.users, arguments.items).window
    last, memory = window.end - timedelta(days=1), arguments.memory
    steps: dict[str, Figures] = {}

    def step(name: str, work: Callable[..., Figures], *given: Any) -> None:
        steps[name] = alone(work, folder, *given)
        say(f"{name}: {json.dumps(steps[name])}")

    step("simulate", prepared, arguments.events, arguments.users, arguments.items)
    # before the last day came, so that the increment has something to add
    step("rollups of the days before", rolled_up, tuple(Window(window.start, last)), memory)
    step("rollup of the new day", rolled_up, (last,), memory)
    step("features after the increment", computed, window.end, memory, "increment")
    step("rollups of all days", rolled_up, tuple(window), memory)
    step("features of the full pass", computed, window.end, memory, "full")
    rows = [{"step": name, **figures} for name, figures in steps.items()]
    show(f"Features of {arguments.events:,} events, two threads", rows)
    finish(_summary(steps, equal(folder, "increment", "full"), arguments))


def _summary(steps: dict[str, Figures], same: bool, arguments: argparse.Namespace) -> Figures:
    features, day = steps["features of the full pass"], steps["rollup of the new day"]
    rollups, after = steps["rollups of all days"], steps["features after the increment"]
    full = {kind: rollups[kind] + features[kind] for kind in ("wall_seconds", "cpu_seconds")}
    part = {kind: day[kind] + after[kind] for kind in ("wall_seconds", "cpu_seconds")}
    return {
        "benchmark": "scale-50m",
        **{name: getattr(arguments, name) for name in ("events", "users", "items", "memory")},
        "features_wall_seconds": features["wall_seconds"],
        "features_cpu_seconds": features["cpu_seconds"],
        "features_peak_mb": features["peak_mb"],
        "rollups_wall_seconds": rollups["wall_seconds"],
        "rollups_cpu_seconds": rollups["cpu_seconds"],
        "day_rollup_wall_seconds": day["wall_seconds"],
        "day_rollup_cpu_seconds": day["cpu_seconds"],
        "rollups_cheaper_by": rollups["cpu_seconds"] / day["cpu_seconds"],
        "full_pass_cpu_seconds": full["cpu_seconds"],
        "increment_cpu_seconds": part["cpu_seconds"],
        "increment_cheaper_by": full["cpu_seconds"] / part["cpu_seconds"],
        "increment_equals_full_pass": same,
    }


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--memory", default="1200MB", help="DuckDB's own limit")
    parser.add_argument("--folder", type=Path, help="keep the lake here and use it again")
    in_its_folder(measure, parser.parse_args())


if __name__ == "__main__":
    main()
