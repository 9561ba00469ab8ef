"""How far the drift verdicts can be trusted: false alarms, power, delay, recognition and cost.

    python -m benchmarks.drift [--only year,retail,confusion,cost] [--seed 7] [--seeds 20] [--plot docs/images]

Prints the tables of docs/drift.md and ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.drift_cost import DriftCost
from benchmarks.drift_retail import is_here, retail, shop
from benchmarks.drift_year import SHARES, WatchedYear, watch
from benchmarks.reporting import finish, say, show

PARTS = ("year", "retail", "confusion", "cost")
STATED = 0.4


def main() -> None:
    """Parse the command line, measure the parts that are asked for, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=7, help="of the quiet year")
    parser.add_argument("--seeds", type=int, default=20, help="worlds of each kind in the confusion table")
    parser.add_argument("--plot", type=Path, help="folder for the pictures")
    asked = parser.parse_args()
    wanted = asked.only.split(",") if asked.only else present()
    if unknown := sorted(set(wanted) - set(PARTS)):
        parser.error(f"there is no part {', '.join(unknown)}: choose some of {', '.join(PARTS)}")
    if "retail" in wanted:
        shop()  # a missing folder is told before minutes of measuring
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "year": lambda: _year(asked.seed, asked.plot),
        "retail": _retail,
        "confusion": lambda: _confusion(asked.seeds),
        "cost": _cost,
    }
    figures: dict[str, Any] = {}
    for part in PARTS:
        if part in wanted:
            figures |= parts[part]()
            say(f"{part} is done")
    finish(figures)


def present() -> list[str]:
    """Every part whose data are here; what is left out is said."""
    if is_here():
        return list(PARTS)
    say("Online Retail is left out: its data are not here (make DATA=… names the folder that holds online-retail)")
    return [part for part in PARTS if part != "retail"]


def _year(seed: int, plot: Path | None) -> dict[str, Any]:
    year = watch(seed)
    checks = "a check a day for 52 weeks; calibrated on half a year, again every 13 weeks; an episode counts once"
    show("A simulated year in which nothing drifts", year.rows, checks)
    show("Power", year.power, "share of weeks in which a shift of so many of the events is seen at once")
    show("Delay", year.delays, "6 onsets a segment; days from the first shifted day to the first alarm")
    if plot:
        from benchmarks.drift_plots import draw

        draw(year, plot)
    return summary(year)


def summary(year: WatchedYear) -> dict[str, Any]:
    """The figures of the JSON line."""
    watched = sum(row["checks"] for row in year.rows) / 364
    stated = [row[f"{STATED:.0%}"] for row in year.power]
    waited = next(row for row in year.delays if row["share of events shifted"] == STATED)
    return {
        "segment_years": round(watched, 2),
        "false_alarms": year.alarms,
        "false_alarms_per_segment_year": year.alarms / watched,
        "false_alarms_uncalibrated": sum(row["alarms uncalibrated"] for row in year.rows),
        "stated_shift": STATED,
        "power_at_stated_shift": sum(stated) / len(stated),
        "segments_with_95_percent_power_at_it": sum(one >= 0.95 for one in stated),
        "delay_days_at_stated_shift": waited["median days"],
        "shares": list(SHARES),
    }


def _retail() -> dict[str, Any]:
    rows = retail()
    show("Online Retail: calibrated on 24 weeks, watched for the next 24", rows, "segments by days of purchase so far")
    return {"retail_false_alarms_per_segment_year": sum(row["false a year"] for row in rows) / len(rows)}


def _confusion(seeds: int) -> dict[str, Any]:
    from benchmarks.drift_confusion import diagonal, table

    found = table(seeds)
    show("What was planted, and what was found", found.rename_axis("planted").reset_index().to_dict("records"))
    return {"confusion_worlds": int(found.to_numpy().sum()), "confusion_diagonal": diagonal(found)}


def _cost() -> dict[str, Any]:
    # a process of its own: its CPU seconds are the imports and the measuring
    run = subprocess.run([sys.executable, "-m", "benchmarks.drift_cost"], check=True, capture_output=True, text=True)
    cost = DriftCost(**json.loads(run.stdout.splitlines()[-1]))
    show("Cost of a day", cost.rows(), "20 columns × 10,000 sampled rows a segment; one thread")
    return {
        "cpu_seconds_100_segments": cost.cpu_seconds * 100 / cost.segments,
        "preset_cpu_seconds_100_segments": cost.preset_cpu_seconds * 100,
        "sampling_cpu_seconds_per_million_rows": cost.sampling_cpu_seconds,
    }


if __name__ == "__main__":
    main()
