"""A model of its own, a head, or the parent: what each is worth by the number of users a segment has.

    python -m benchmarks.size [--sizes 100 300 1000 3000 10000] [--plot docs/images/size.png]

Worlds of four segments are generated at every size, once with planted differences as strong as real ones
(:mod:`benchmarks.worlds`), once with none, so that the partition is random. The parent and every hard partition choose
their own regularisation on the tuning windows: a spine on a hundred users does not want that of one on ten thousand.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.arena import SETTINGS, SPINE, Arena
from benchmarks.reporting import finish, say, show
from benchmarks.worlds import World
from recommender.settings import SpineSettings
from recommender.source import FrameSource
from recommender.spine import Spine
from training.settings import EvaluationSettings
from training.strategies import strategy

# worlds and judged segments of each: small segments are noisy, large ones cost time
WORLDS = {100: (8, 4), 300: (5, 4), 1000: (2, 4), 3000: (1, 4), 10_000: (1, 2)}
# the median of what MovieLens-1M's ages and genders show, and nothing
CONTRASTS = (0.35, 0.0)
STRENGTHS = (0.3, 1.0, 3.0)
# the gate has no say here: one window shows its evidence
CHOICES = replace(
    SETTINGS,
    backtest=replace(SETTINGS.backtest, gate_windows=1),
    evaluation=EvaluationSettings(users_per_fold=2000),
)
PROTOCOL = (
    "NDCG@10 on the 4 fresh weeks, full ranking of 600 items, seen items masked; gains in % of the parent's mean, "
    "± standard error of the paired difference; at most 2,000 users of a segment judged"
)


def main() -> None:
    """Parse the command line, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(WORLDS))
    parser.add_argument("--plot", type=Path, help="where to draw the gains")
    asked = parser.parse_args()
    rows = [_size(users, contrast) for contrast in CONTRASTS for users in asked.sizes]
    show("Hard partition, head and parent by users a segment", rows, PROTOCOL)
    even = [_break_even(rows, contrast) for contrast in CONTRASTS]
    show("Users a segment from which the hard partition is level with ...", even, "log-linear between sizes")
    if asked.plot:
        _draw(rows, asked.plot)
    finish({"rows": rows, "break_even": even})


def _size(users: int, contrast: float) -> dict[str, Any]:
    worlds, segments = WORLDS.get(users, (1, 4))
    found = [
        rows
        for seed in range(300, 300 + worlds)
        for rows in _world(World(users=users, contrast=contrast, seed=seed), segments)
    ]
    judged = {name: pd.concat([row[name] for row in found]) for name in ("head", "hard")}
    parent = float(judged["head"]["parent"].mean())
    row: dict[str, Any] = {"contrast": contrast, "users": users, "judged": len(judged["head"]), "parent": parent}
    for name, frame in judged.items():
        gain = (frame["challenger"] - frame["parent"]).to_numpy(np.float64)
        row |= {f"{name} %": 100 * gain.mean() / parent, f"{name} ±": 100 * gain.std() / np.sqrt(len(gain)) / parent}
    say(f"contrast {contrast}, {users:,} users: head {row['head %']:+.1f} %, hard {row['hard %']:+.1f} %")
    return row


def _world(world: World, segments: int) -> list[dict[str, pd.DataFrame]]:
    """Per segment the fresh days of its head and of its hard partition beside the parent."""
    arena = Arena.of(world, CHOICES)
    best = _chosen(arena, arena.source, None)
    if best != CHOICES.spine:
        arena = Arena.of(world, replace(CHOICES, spine=best))
    found = []
    for segment in arena.segments[:segments]:
        head = strategy("head").challenge(arena.task(segment)).model
        own = _own(arena, segment)
        hard = Spine.fit(own, arena.fresh.cutoff, _chosen(arena, own, segment))
        found.append({"head": arena.on_fresh_days(segment, head), "hard": arena.on_fresh_days(segment, hard)})
    return found


def _own(arena: Arena, segment: str) -> FrameSource:
    source, members = arena.source, arena.task(segment).members(arena.fresh.cutoff)
    mine = source.log["user_id"].isin(members)
    return replace(source, log=source.log[mine], people=source.people[source.people["user_id"].isin(members)])


def _chosen(arena: Arena, source: FrameSource, segment: str | None) -> SpineSettings:
    """The settings whose spine on ``source`` is best in the tuning windows, for the segment or for everybody."""
    return max(_strengths(), key=lambda settings: _tuning_mean(arena, source, segment, settings))


def _tuning_mean(arena: Arena, source: FrameSource, segment: str | None, settings: SpineSettings) -> float:
    means = []
    for fold in (fold for fold in arena.folds if fold.role == "tune"):
        members = None if segment is None else arena.task(segment).members(fold.cutoff)
        judged = arena.beside_parent(fold, members, Spine.fit(source, fold.cutoff, settings))
        means.append(judged["challenger"].mean())
    return float(np.mean(means))


def _strengths() -> list[SpineSettings]:
    return [
        SPINE.with_parameters("als", regularisation=30.0 * factor).with_parameters(
            "item_item", regularisation=50.0 * factor
        )
        for factor in STRENGTHS
    ]


def _break_even(rows: Sequence[dict[str, Any]], contrast: float) -> dict[str, Any]:
    mine = pd.DataFrame([row for row in rows if row["contrast"] == contrast]).sort_values("users")
    return {
        "contrast": contrast,
        "the parent": _crossing(mine["users"], mine["hard %"]),
        "the head": _crossing(mine["users"], mine["hard %"] - mine["head %"]),
    }


def _crossing(users: pd.Series, gain: pd.Series) -> str:
    """Where ``gain`` first becomes positive and stays so."""
    size, value = np.log(users.to_numpy(np.float64)), gain.to_numpy(np.float64)
    below = np.flatnonzero(value < 0)
    if len(below) == 0:
        return f"below {int(users.min()):,}"
    last = int(below[-1])
    if last == len(value) - 1:
        return f"above {int(users.max()):,}"
    share = value[last] / (value[last] - value[last + 1])
    return f"about {round(float(np.exp(size[last] + share * (size[last + 1] - size[last])))):,}"


def _draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3.4), constrained_layout=True)
    for contrast, style in zip(CONTRASTS, ("-", ":"), strict=True):
        mine = pd.DataFrame([row for row in rows if row["contrast"] == contrast])
        for name, color in (("head", "tab:blue"), ("hard", "tab:red")):
            label = f"{name}, {'planted' if contrast else 'random groups'}"
            axis.errorbar(
                mine["users"],
                mine[f"{name} %"],
                1.96 * mine[f"{name} ±"],
                color=color,
                linestyle=style,
                label=label,
                capsize=2,
                marker="o",
                markersize=3,
            )
    axis.axhline(0, color="grey", linewidth=0.7)
    axis.set(xscale="log", xlabel="users a segment", ylabel="NDCG@10 against the parent, %")
    axis.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


if __name__ == "__main__":
    main()
