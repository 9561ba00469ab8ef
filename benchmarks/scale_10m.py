"""The whole training loop on ten million events: where the time goes, and the most memory. The last line is JSON.

    python benchmarks/scale_10m.py [--events 10000000] [--users 500000] [--items 50000] [--heads 12] [--folder F]

Simulated events (the demo's planted segments over a year) lie in a lake; then the product's own functions run, one
after the other in this process: rollups and features, the segmentation, the global model with the parents of its four
windows, and the heads of the first segments with their proof on three gate windows. Simulating is not counted.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.reporting import Cost, finish, measured, peak_memory_mb, say, show
from benchmarks.scale_lake import in_its_folder, scenario, simulated_lake
from interactions.features import rollup
from recommender.settings import SpineSettings
from segmentation import SegmentationSettings
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from training.backtest import plan_folds
from training.evaluation import FoldReader
from training.gate import decide
from training.heads import Head
from training.parent import TrainedParent, train_global
from training.settings import TrainingSettings
from training.task import SegmentTask
from warehouse.engine import duckdb_engine
from warehouse.store import Store

PACKAGES = ("interactions", "recommender", "segmentation", "training", "tessera", "warehouse")


@dataclass(frozen=True, eq=False)
class Loop:
    """The stages over one lake; each is a method that returns a sentence about what it did."""

    store: Store
    settings: Settings
    as_of: date
    days: tuple[date, ...]
    most_heads: int
    trained: list[TrainedParent] = field(default_factory=list)

    @cached_property
    def source(self) -> LakeSource:
        """The lake at one version."""
        return LakeSource(self.store, self.settings)

    @cached_property
    def membership(self) -> Membership:
        """Who belongs where."""
        return Membership(self.store, self.settings, self.source, self.as_of)

    @cached_property
    def reader(self) -> FoldReader:
        """Shared by all heads."""
        return FoldReader(self.source, self.settings.training.evaluation)

    def rollups(self) -> str:
        """Daily rollups of the whole year."""
        engine = duckdb_engine(self.settings.memory_limit, self.settings.threads)
        rollup(engine, self.store, self.days, self.settings.features)
        return f"{len(self.days)} days"

    def features(self) -> str:
        """Features as of the day and of every cutoff that training will ask for."""
        span, choices = self.source.span(), self.settings.training
        cutoffs = [fold.cutoff for fold in plan_folds(self.as_of, choices.backtest, span)]
        for day in (*cutoffs, self.as_of):
            users = len(self.source.users(day))
        return f"{len(cutoffs) + 1} dates, {users} users"

    def segments(self) -> str:
        """One fit of the segmentation and everybody's assignment."""
        assigned = self.membership.at(self.as_of)
        return f"{len(self.membership.segments())} segments, {len(assigned)} users"

    def parent(self) -> str:
        """The global model, the parents of all windows, their evaluation."""
        trained = train_global(
            self.source,
            self.as_of,
            self.settings.training,
            self.settings.backtests,
            assignments=self.membership.at,
            snapshot_id=self.source.data_hash,
            progress=say,
            reader=self.reader,
        )
        self.trained.append(trained)
        return f"NDCG@10 {trained.metrics['ndcg@10']:.4f}, {len(trained.folds)} windows"

    def heads(self) -> str:
        """The heads of the first segments, tuned, proved and decided."""
        chosen = self.membership.segments()[: self.most_heads]
        verdicts = [self._head(segment) for segment in chosen]
        return f"{len(chosen)} heads: " + ", ".join(f"{v} {verdicts.count(v)}" for v in sorted(set(verdicts)))

    def _head(self, segment: str) -> str:
        trained = self.trained[0]
        task = SegmentTask(
            segment,
            self.source,
            trained.folds,
            trained.spine,
            self.membership.at,
            self.as_of,
            self.settings.training,
            reader=self.reader,
        )
        challenger = Head().challenge(task)
        decision = decide(challenger.evaluation, self.settings.training.gate, comparisons=self.most_heads)
        say(f"{segment}: {decision.verdict}, {decision.difference:+.4f} of {decision.users} users")
        return decision.verdict


def run(loop: Loop) -> list[dict[str, Any]]:
    """Every stage in order, with its cost and the most memory until its end."""
    rows = []
    stages: tuple[Callable[[], str], ...] = (loop.rollups, loop.features, loop.segments, loop.parent, loop.heads)
    for stage in stages:
        said, cost = measured(stage)
        rows.append(_row(stage.__name__, said, cost))
        say(f"{stage.__name__}: {cost.wall_seconds:.1f} s, {said}")
    return rows


def settings_for(folder: Path, as_of: date, threads: int) -> Settings:
    """The product's defaults; four to five clusters in a band, so that there are twelve segments and more.

    One window tunes and three decide: segments of ten thousand users need no more windows to see small gains, and
    each costs a parent. A year of history would get eight by default.
    """
    spine = SpineSettings(threads=threads)
    training = TrainingSettings(spine=spine)
    training = replace(training, backtest=replace(training.backtest, gate_windows=3, tune_windows=1, workers=1))
    return Settings(
        home=folder,
        threads=threads,
        segment_origin=as_of,
        training=training,
        segmentation=SegmentationSettings(k_range=(4, 5), stability_floor=0.0),
    )


def profile_rows(profile: cProfile.Profile, most: int = 30) -> list[dict[str, Any]]:
    """The product's functions by the time until they returned, and by what they (not their callees) took."""
    stats: Any = pstats.Stats(profile)
    rows = [
        {"function": f"{_module(file)}:{name}", "calls": calls, "own seconds": own, "total seconds": total}
        for (file, _, name), (calls, _, own, total, _) in stats.stats.items()
        if _module(file).split("/")[0] in PACKAGES
    ]
    return sorted(rows, key=lambda row: -row["total seconds"])[:most]


def _module(file: str) -> str:
    path = Path(file)
    root = Path(__file__).resolve().parents[1]
    return str(path.relative_to(root)) if path.is_relative_to(root) and ".venv" not in path.parts else ""


def _row(name: str, said: str, cost: Cost) -> dict[str, Any]:
    seconds = {"wall s": round(cost.wall_seconds, 1), "cpu s": round(cost.cpu_seconds, 1)}
    return {"stage": name, "what": said, **seconds, "peak MB": round(peak_memory_mb())}


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Make the lake, run the loop, print where the time went."""
    store = simulated_lake(folder, arguments.events, arguments.users, arguments.items)
    window = scenario(arguments.events, arguments.users, arguments.items).window
    settings = settings_for(folder / "home", window.end, arguments.threads)
    loop = Loop(store, settings, window.end, tuple(window), arguments.heads)
    profile = cProfile.Profile()
    rows = profile.runcall(run, loop)
    show("Where the time goes: stages", rows)
    show("Where the time goes: functions", profile_rows(profile))
    figures = {f"{row['stage']}_wall_seconds": row["wall s"] for row in rows}
    figures |= {f"{row['stage']}_cpu_seconds": row["cpu s"] for row in rows}
    sizes = {name: getattr(arguments, name) for name in ("events", "users", "items", "threads")}
    finish({"benchmark": "scale-10m", **sizes, **figures, "loop_wall_seconds": sum(row["wall s"] for row in rows)})


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=500_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the lake here and use it again")
    in_its_folder(measure, parser.parse_args())


if __name__ == "__main__":
    main()
