"""Simulate ten million events and measure it: wall, CPU, peak memory. The last line is JSON.

    python benchmarks/simulate_10m.py [--events 10000000] [--folder <kept folder>]

The demo's segments and drift, enlarged to a year, 200,000 users and 20,000 items. Run it on one core
(``OMP_NUM_THREADS=1 taskset -c 0``); without ``--folder`` the rows go to a temporary folder and are removed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import tempfile
import time
from pathlib import Path

from interactions.simulation import Scenario, simulate


def scenario(events: int) -> Scenario:
    """The demo's scenario, enlarged; users and items grow with the events."""
    users, items = max(200, events // 50), max(100, events // 500)
    return dataclasses.replace(Scenario.demo(), days=365, users=users, items=items, events=events)


def measure(folder: Path, events: int) -> dict[str, float]:
    """Simulate into ``folder``; seconds, megabytes and rows."""
    wall, cpu = time.perf_counter(), time.process_time()
    truth = simulate(folder, scenario(events), lambda line: print(line, flush=True))
    return {
        "events": truth.events,
        "users": truth.users,
        "items": truth.items,
        "days": truth.window.length,
        "wall_seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "written_mb": round(sum(file.stat().st_size for file in folder.rglob("*.parquet")) / 2**20, 1),
    }


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keep the rows here")
    arguments = parser.parse_args()
    if arguments.folder:
        figures = measure(arguments.folder, arguments.events)
    else:
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(Path(folder), arguments.events)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
