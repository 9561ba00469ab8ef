"""Features of fifty million events, whole and a day at a time: seconds and memory. The last line is JSON.

    python benchmarks/scale_50m.py [--events 50000000] [--users 1000000] [--items 100000] [--folder F]

Simulated events of a year lie in a lake; every step below runs in a process of its own, so that its memory is its own:

* the full pass: rollups of the whole year, then features as of its end from those rollups, nothing kept from before;
* the increment: the last day's rollup, then features from the kept totals of closed months and the days since then.

Both give the same tables, compared by value. Closing a month's books is a step of its own: it happens once a month.

DuckDB is held to ``--memory`` (default 1200MB) of the 2 GB: frames and Arrow live beside it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.reporting import finish, measured, peak_memory_mb, say, show
from benchmarks.scale_lake import in_its_folder, scenario, simulated_lake
from interactions.features import FeatureSettings, closing_day, export_features, kept_closing, rollup
from warehouse.engine import duckdb_engine
from warehouse.store import Store
from warehouse.windows import Window

Figures = dict[str, Any]
_KINDS = ("users", "items")
_DAYS_A_MONTH = 30
_COSTS = ("wall_seconds", "cpu_seconds")


def rolled_up(folder: Path, days: tuple[date, ...], memory: str) -> Figures:
    """Roll up these days; what it cost."""
    engine, store = duckdb_engine(memory, 2), Store(folder / "lake")
    _, cost = measured(lambda: rollup(engine, store, days))
    return {**cost.figures(), "peak_mb": peak_memory_mb()}


def closed(folder: Path, as_of: date, memory: str) -> Figures:
    """Close the books of the months before ``as_of``; what it cost and how many bytes stay."""
    engine, store, kept = duckdb_engine(memory, 2), Store(folder / "lake"), folder / "closings"
    shutil.rmtree(kept, ignore_errors=True)
    _, cost = measured(lambda: kept_closing(engine, store, closing_day(as_of), FeatureSettings(), kept))
    size = sum(file.stat().st_size for file in kept.rglob("*.parquet"))
    return {**cost.figures(), "peak_mb": peak_memory_mb(), "kept_mb": round(size / 1e6, 1)}


def computed(folder: Path, as_of: date, memory: str, name: str, closings: Path | None = None) -> Figures:
    """Features as of a day, from what ``closings`` keeps or from all rollups, kept as ``name``; what they cost."""
    engine, store = duckdb_engine(memory, 2), Store(folder / "lake")
    files = folder / f"{name}-users.parquet", folder / f"{name}-items.parquet"
    _, cost = measured(lambda: export_features(engine, store, as_of, files, closings=closings))
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
    step("closing, once a month", closed, last, memory)
    step("rollup of the new day", rolled_up, (last,), memory)
    step("features after the increment", computed, window.end, memory, "increment", folder / "closings")
    step("rollups of all days", rolled_up, tuple(window), memory)
    step("features of the full pass", computed, window.end, memory, "full")
    rows = [{"step": name, "kept_mb": "", **figures} for name, figures in steps.items()]
    show(f"Features of {arguments.events:,} events, two threads", rows)
    finish(_summary(steps, equal(folder, "increment", "full"), arguments))


def _summary(steps: dict[str, Figures], same: bool, arguments: argparse.Namespace) -> Figures:
    short = {
        "features": "features of the full pass",
        "increment_features": "features after the increment",
        "closing": "closing, once a month",
        "rollups": "rollups of all days",
        "day_rollup": "rollup of the new day",
    }
    figures = {f"{name}_{kind}": value for name, step in short.items() for kind, value in steps[step].items()}
    full = {kind: figures[f"rollups_{kind}"] + figures[f"features_{kind}"] for kind in _COSTS}
    part = {kind: figures[f"day_rollup_{kind}"] + figures[f"increment_features_{kind}"] for kind in _COSTS}
    shared = part["cpu_seconds"] + figures["closing_cpu_seconds"] / _DAYS_A_MONTH
    return {
        "benchmark": "scale-50m",
        **{name: getattr(arguments, name) for name in ("events", "users", "items", "memory")},
        **figures,
        **{f"full_pass_{kind}": value for kind, value in full.items()},
        **{f"increment_{kind}": value for kind, value in part.items()},
        "increment_cheaper_by": full["cpu_seconds"] / part["cpu_seconds"],
        "increment_and_closing_share_cpu_seconds": shared,
        "increment_and_closing_share_cheaper_by": full["cpu_seconds"] / shared,
        "features_alone_cheaper_by": figures["features_cpu_seconds"] / figures["increment_features_cpu_seconds"],
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
