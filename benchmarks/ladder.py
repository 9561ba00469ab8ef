"""What every strategy of the ladder gains and costs on segments with a planted difference, and on none.

    python benchmarks/ladder.py [--users 1400] [--segments 2] [--contrast 0.8] [--strategies head,anchored,...]

One generated world with planted segments and one without. The parent is a two-stage spine with a ranker, so that all
strategies have something to correct. Per strategy: the mean gain at the gate, on fresh weeks, how many segments serve,
and CPU seconds per segment with parents given. The last line is JSON.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.arena import SETTINGS, Arena
from benchmarks.reporting import finish, measured, say, show
from benchmarks.worlds import World
from recommender.settings import RankerSettings
from training.gate import decide_all
from training.strategies import STRATEGIES, strategy

RANKED = replace(
    SETTINGS,
    spine=replace(SETTINGS.spine, label_days=14, ranker=RankerSettings(seeds=(1, 2), trees=60, users=3000)),
    backtest=replace(SETTINGS.backtest, gate_windows=4, tune_windows=2),
    ladder_seconds=600.0,
)
PROTOCOL = (
    "NDCG@10, full ranking of 600 items, seen items masked, truth: new items of the window; two-stage parent; tuned on "
    "2 windows, gated on 4 (14 days each, parents refitted at every cutoff), fresh: the 4 weeks after; Holm over the "
    "segments measured"
)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1400, help="of one segment")
    parser.add_argument("--segments", type=int, default=2, help="of the world's four that are trained")
    parser.add_argument("--contrast", type=float, default=0.8, help="standard deviation of a segment's log lifts")
    parser.add_argument("--strategies", default=",".join(STRATEGIES), help="names, by comma")
    asked = parser.parse_args()
    rows = []
    for kind, contrast in (("planted", asked.contrast), ("none", 0.0)):
        arena, cost = measured(partial(Arena.of, World(users=asked.users, contrast=contrast, seed=300), RANKED))
        say(f"{kind}: parents of {len(arena.folds) + 1} cutoffs in {cost.cpu_seconds:.0f} CPU s")
        rows += [
            {"planted": kind, **climbed(arena, name, arena.segments[: asked.segments])}
            for name in asked.strategies.split(",")
        ]
    show("Strategies on a two-stage parent", rows, PROTOCOL)
    finish({"benchmark": "ladder", "protocol": PROTOCOL, "users": asked.users, "rows": rows})


def climbed(arena: Arena, name: str, segments: list[str]) -> dict[str, Any]:
    """One strategy for every segment: what the gate and the fresh weeks say, and the cost."""
    arena.reader.bodies.clear()
    trained, cost = measured(lambda: {segment: strategy(name).challenge(arena.task(segment)) for segment in segments})
    fresh = pd.concat([arena.on_fresh_days(segment, model.model) for segment, model in trained.items()])
    gate = pd.concat([model.evaluation for model in trained.values()])
    verdicts = decide_all({s: model.evaluation for s, model in trained.items()}, arena.settings.gate)
    gain = (fresh["challenger"] - fresh["parent"]).to_numpy(np.float64)
    row = {
        "strategy": name,
        "chosen": ", ".join(sorted({_chosen(model.strategy, model.parameters) for model in trained.values()})),
        "gate %": _percent(gate),
        "serve": sum(decision.serves for decision in verdicts.values()),
        "of": len(segments),
        "fresh %": _percent(fresh),
        "± %": round(float(196 * gain.std() / np.sqrt(len(gain)) / fresh["parent"].mean()), 2),
        "CPU s a segment": round(cost.cpu_seconds / len(segments), 1),
    }
    say(str(row))
    return row


def _chosen(name: str, parameters: dict[str, object]) -> str:
    told = [
        f"{key} {parameters[key]}" for key in ("anchored_weight", "ranker", "body", "up_weight") if key in parameters
    ]
    return " ".join([name, *told])


def _percent(frame: pd.DataFrame) -> float:
    return round(100 * float(frame["challenger"].mean() / frame["parent"].mean() - 1), 2)


if __name__ == "__main__":
    main()
