"""How far planted segments must differ for heads to gain what they gained where the design was found.

    python -m benchmarks.contrast [--worlds 16] [--contrasts 0.6 0.65 0.7]

The gate is not asked and its windows are not even fitted: heads are tuned as in :mod:`benchmarks.planted` and all of
them judged on the fresh weeks. The contrast whose ungated gain lies nearest to the middle of what was found (+10 to
+13 %) is the one that the acceptance test plants. The worlds are of seeds that no bench uses.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.arena import Arena
from benchmarks.reporting import finish, measured, say, show
from benchmarks.worlds import World
from training.strategies import strategy

FOUND = (10.0, 13.0)
SEEDS = range(2001, 2100)
PROTOCOL = (
    "NDCG@10 on 4 fresh weeks, full ranking of 600 items, seen items masked; heads tuned on 2 older windows, ungated; "
    "± standard error over worlds"
)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=16, help="worlds of four segments for each contrast")
    parser.add_argument("--contrasts", type=float, nargs="+", default=[0.6, 0.65, 0.7])
    asked = parser.parse_args()
    rows = [_row(contrast, SEEDS[: asked.worlds]) for contrast in asked.contrasts]
    show(f"Ungated gain of heads by contrast; found: +{FOUND[0]:.0f} to +{FOUND[1]:.0f} %", rows, PROTOCOL)
    nearest = min(rows, key=lambda row: abs(row["ungated %"] - float(np.mean(FOUND))))
    finish({"bench": "contrast", "protocol": PROTOCOL, "rows": rows, "nearest": nearest["contrast"]})


def _row(contrast: float, seeds: range) -> dict[str, Any]:
    gains = [_gain(World(contrast=contrast, seed=seed)) for seed in seeds]
    error = float(np.std(gains, ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else float("nan")
    return {"contrast": contrast, "worlds": len(gains), "ungated %": float(np.mean(gains)), "±": error}


def _gain(world: World) -> float:
    """Of all four heads, in percent of the parent's mean."""
    gain, cost = measured(lambda: _fresh_gain(Arena.of(world, gated=False)))
    say(f"contrast {world.contrast}, seed {world.seed}: {gain:+.1f} % in {cost.cpu_seconds:.0f} CPU s")
    return gain


def _fresh_gain(arena: Arena) -> float:
    heads = {segment: strategy("head").challenge(arena.task(segment)).model for segment in arena.segments}
    fresh = pd.concat([arena.on_fresh_days(segment, head) for segment, head in heads.items()])
    return 100 * float(fresh["challenger"].mean() / fresh["parent"].mean() - 1)


if __name__ == "__main__":
    main()
