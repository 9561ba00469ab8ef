"""A generated world made ready for contests: parents of all windows, segments, and fresh days that nothing has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.worlds import START, World, segment_of
from recommender.generators.registry import GeneratorSettings
from recommender.head import SegmentHead
from recommender.settings import SpineSettings
from recommender.source import FrameSource
from recommender.spine import Spine
from training.backtest import Fold, plan_folds
from training.comparisons import control, placebo
from training.evaluation import FoldReader, paired
from training.gate import decide, decide_all
from training.judge import Judge
from training.settings import BacktestSettings, EvaluationSettings, TrainingSettings
from training.strategies import strategy
from training.task import Challenger, SegmentTask
from warehouse.windows import Window

FRESH_WEEKS = 4
EVERYBODY = 10**6
# no label window: the blend orders, and the generators are fitted once
NO_RANKER = 3650
# found on worlds of other seeds than any bench uses (1001 and up)
SPINE = SpineSettings(
    generators=(
        GeneratorSettings("Popularity", "popularity", {"half_life_days": 60.0}),
        GeneratorSettings("ItemItem", "item_item", {"half_life_days": 365.0, "regularisation": 50.0}),
        GeneratorSettings(
            "ALS",
            "als",
            {"factors": 32, "regularisation": 30.0, "alpha": 4.0, "iterations": 8, "half_life_days": 365.0},
        ),
    ),
    blend=(("popularity", 0.3), ("item_item", 1.0), ("als", 1.0)),
    label_days=NO_RANKER,
)
SETTINGS = TrainingSettings(
    spine=SPINE,
    backtest=BacktestSettings(holdout_days=14, gate_windows=6, tune_windows=2, minimum_history_days=70),
    evaluation=EvaluationSettings(users_per_fold=EVERYBODY),
)


@dataclass(frozen=True)
class Contest:
    """One segment's challenger: what the gate said before the fresh days, and what those showed.

    Means of NDCG@10 over evaluated users. ``serves`` is Holm's over all segments, ``alone`` Bonferroni's (tasks that
    run apart), ``four`` and ``three`` Holm's on the newest windows only; ``fresh_error`` is the standard error of the
    paired fresh difference.
    """

    strategy: str
    segment: str
    users: int
    serves: bool
    alone: bool
    four: bool
    three: bool
    difference: float
    deviation: float
    fresh_users: int
    fresh_parent: float
    fresh_difference: float
    fresh_error: float


@dataclass(frozen=True, eq=False)
class Arena:
    """Parents fitted, segments known.

    Args:
        source: the events.
        folds: tuning and gate windows with their parents.
        fresh: the weeks after them with the final parent.
        assignments: user id to segment id.
        settings: all choices.
        reader: shared by all contests.
        judge: the same.
    """

    source: FrameSource
    folds: tuple[Fold, ...]
    fresh: Fold
    assignments: Callable[[date], pd.Series]
    settings: TrainingSettings
    reader: FoldReader
    judge: Judge

    @classmethod
    def of(cls, world: World, settings: TrainingSettings = SETTINGS, gated: bool = True) -> Arena:
        """Generate ``world``, whose last weeks are kept as fresh, and fit every window's parent.

        Not ``gated`` spares the gate's windows: the heads are the same, and only the fresh weeks judge them.
        """
        source = world.source()
        as_of = START + timedelta(weeks=world.weeks - FRESH_WEEKS)
        plan = [fold for fold in plan_folds(as_of, settings.backtest, source.span()) if gated or fold.role == "tune"]
        folds = tuple(Fold(*planned, spine=Spine.fit(source, planned.cutoff, settings.spine)) for planned in plan)
        window = Window(as_of, as_of + timedelta(weeks=FRESH_WEEKS))
        fresh = Fold(as_of, window, "gate", Spine.fit(source, as_of, settings.spine))
        segments = segment_of(pd.Index(source.people["user_id"]))
        reader = FoldReader(source, settings.evaluation)
        judge = Judge(reader, settings.evaluation)
        return cls(source, folds, fresh, lambda _: segments, settings, reader, judge)

    @property
    def segments(self) -> list[str]:
        """Ids, ascending."""
        return sorted(self.assignments(self.fresh.cutoff).unique())

    def task(self, segment: str) -> SegmentTask:
        """What a strategy is given."""
        return SegmentTask(
            segment, self.source, self.folds, self.fresh.spine, self.assignments, self.fresh.cutoff, self.settings,
            reader=self.reader,
        )  # fmt: skip

    def contests(self, name: str) -> list[Contest]:
        """Train every segment by one strategy, ask the gate about all of them, and look at the fresh days."""
        trained = {segment: strategy(name).challenge(self.task(segment)) for segment in self.segments}
        evidence = {segment: challenger.evaluation for segment, challenger in trained.items()}
        serves, four, three = (self._holm(evidence, windows) for windows in (len(self.folds), 4, 3))
        return [
            self._contest(challenger, segment, serves[segment], four[segment], three[segment])
            for segment, challenger in trained.items()
        ]

    def _holm(self, evidence: dict[str, pd.DataFrame], windows: int) -> dict[str, bool]:
        newest = {segment: _newest(rows, windows) for segment, rows in evidence.items()}
        return {segment: decision.serves for segment, decision in decide_all(newest, self.settings.gate).items()}

    def _contest(self, challenger: Challenger, segment: str, serves: bool, four: bool, three: bool) -> Contest:
        rows = challenger.evaluation
        alone = decide(rows, self.settings.gate, len(self.segments))
        fresh = self.on_fresh_days(segment, challenger.model)
        gain = (fresh["challenger"] - fresh["parent"]).to_numpy(np.float64)
        return Contest(
            strategy=challenger.strategy,
            segment=segment,
            users=alone.users,
            serves=serves,
            alone=alone.serves,
            four=four,
            three=three,
            difference=alone.difference,
            deviation=float((rows["challenger"] - rows["parent"]).std()),
            fresh_users=len(fresh),
            fresh_parent=float(fresh["parent"].mean()),
            fresh_difference=float(gain.mean()),
            fresh_error=float(gain.std() / np.sqrt(len(gain))),
        )

    def beside(self, segment: str, seed: int) -> tuple[float, float]:
        """What a random group of the segment's size and the parent with the same budget gain at the gate."""
        task = self.task(segment)
        return placebo(task, strategy("head"), seed), control(task)

    def on_fresh_days(self, segment: str, model: SegmentHead | Spine) -> pd.DataFrame:
        """``fold user_id parent challenger`` of NDCG over the segment's users in the fresh weeks."""
        members = self.task(segment).members(self.fresh.cutoff)
        return self.beside_parent(self.fresh, members, model)

    def beside_parent(
        self, fold: Fold, members: NDArray[np.object_] | None, model: SegmentHead | Spine
    ) -> pd.DataFrame:
        """The same in any window, for ``members`` or for everybody."""
        return paired(*self.judge.beside_parent(self.reader.cohort(fold, members), model))


def _newest(evidence: pd.DataFrame, windows: int) -> pd.DataFrame:
    return evidence[evidence["fold"].isin(sorted(evidence["fold"].unique())[-windows:])]
