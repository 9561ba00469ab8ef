"""How a segment's model is made: a head on the parent, or the parent's recipe on re-weighted or on own events only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.head import SegmentHead, fit_prior
from recommender.recommendations import LAYER_GLOBAL, LAYER_SEGMENT, Recommendations
from recommender.source import TrainingSource
from recommender.spine import Spine
from training.backtest import Fold
from training.evaluation import METRICS, Assignments, Cohort, FoldReader, judged, means, members_of, paired
from training.search import Bench, HeadParameters, PriorKey, Tuned, bench, prior_keys, search
from training.settings import TrainingSettings
from warehouse.columns import USER, WEIGHT
from warehouse.windows import Window

Members = Callable[[date], NDArray[np.object_]]
Judgement = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class SegmentTask:
    """Everything that training one segment needs.

    Args:
        segment_id: whose model.
        source: events and features.
        folds: tuning and gate windows with their parents, oldest first.
        spine: the live global champion, which the model will stand on.
        assignments: user id to segment id, as computed at a date.
        as_of: events before this day are used for the final model.
        settings: all choices.
        parent_version: the registered version of ``spine``.
        reader: shared by segments that are trained together.
    """

    segment_id: str
    source: TrainingSource
    folds: Sequence[Fold]
    spine: Spine
    assignments: Assignments
    as_of: date
    settings: TrainingSettings
    parent_version: str = ""
    reader: FoldReader | None = None

    @property
    def reading(self) -> FoldReader:
        """The shared reader, or one of its own."""
        return self.reader or FoldReader(self.source, self.settings.evaluation)

    def members(self, as_of: date) -> NDArray[np.object_]:
        """The segment's users as computed at ``as_of``."""
        return members_of(self.assignments(as_of), self.segment_id)

    def of_role(self, role: str) -> list[Fold]:
        """The folds that tune, or those that gate."""
        return [fold for fold in self.folds if fold.role == role]


@dataclass(frozen=True, eq=False)
class Challenger:
    """A segment's model and the evidence about its recipe.

    Args:
        strategy: how it was made.
        model: fitted as of the task's ``as_of``.
        evaluation: the gate's evidence, ``fold user_id parent challenger`` of NDCG@k over the gate windows.
        metrics: means over the gate windows, of the model (``recall@10``) and of the parent (``recall@10.parent``).
        parameters: tuned and fixed ones, flat.
        trace: the tuning's trials, the parent first; empty where nothing was tuned.
    """

    strategy: str
    model: SegmentHead | Spine
    evaluation: pd.DataFrame
    metrics: dict[str, float]
    parameters: dict[str, object]
    trace: tuple[float, ...] = field(default=())


class Strategy(Protocol):
    """A way to make a segment's model."""

    @property
    def name(self) -> str:
        """Short name, as the command line takes it."""
        ...

    def challenge(self, task: SegmentTask) -> Challenger:
        """Make the model and judge its recipe on the gate windows, which no tuning has seen."""
        ...


class Head:
    """A segment prior and blend weights on the parent's candidates, tuned on the tuning windows."""

    name = "head"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        reader = task.reading
        tuned = tune_head(task, reader, task.members)
        pairs = [
            _head_beside_parent(
                cohort, _head_at(task, reader, tuned.parameters, cohort.fold.cutoff, task.members), task
            )
            for cohort in (reader.cohort(fold, task.members(fold.cutoff)) for fold in task.of_role("gate"))
        ]
        model = _head_at(task, reader, tuned.parameters, task.as_of, task.members)
        parameters: dict[str, object] = {**tuned.parameters.flat(), "tuned_on_users": tuned.users}
        return _challenger(self.name, model, pairs, parameters, task, tuned.trace)


class Hard:
    """The parent's recipe on the segment's own events only: loses below about 10,000 users, kept to show it."""

    name = "hard"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        return _own_spine(self.name, task, lambda members: _OwnEvents(task.source, members), {})


class Reweighted:
    """The parent's recipe with the segment's events up-weighted."""

    name = "reweighted"

    def challenge(self, task: SegmentTask) -> Challenger:
        """See `Strategy`."""
        factor = task.settings.up_weight
        return _own_spine(
            self.name, task, lambda members: _UpWeighted(task.source, members, factor), {"up_weight": factor}
        )


STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in (Head(), Reweighted(), Hard())}


def strategy(name: str) -> Strategy:
    """The strategy called ``name``.

    Raises:
        ValueError: there is none; the known ones are named.
    """
    try:
        return STRATEGIES[name]
    except KeyError:
        raise ValueError(f"unknown strategy '{name}': expected one of {', '.join(STRATEGIES)}") from None


def tune_head(task: SegmentTask, reader: FoldReader, members: Members, with_prior: bool = True) -> Tuned:
    """Search the head's parameters for ``members`` on the tuning windows only."""
    benches = [_bench(task, reader, fold, members(fold.cutoff), with_prior) for fold in task.of_role("tune")]
    return search([entry for entry in benches if len(entry.cohort)], task.settings.head)


def head_evaluation(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, members: Members, judged_on: Members
) -> pd.DataFrame:
    """The gate's evidence of a head whose prior is ``members``' and whose lists are judged for ``judged_on``."""
    pairs = [
        _head_beside_parent(cohort, _head_at(task, reader, parameters, cohort.fold.cutoff, members), task)
        for cohort in (reader.cohort(fold, judged_on(fold.cutoff)) for fold in task.of_role("gate"))
    ]
    return _evidence(pairs)


def _bench(task: SegmentTask, reader: FoldReader, fold: Fold, members: NDArray[np.object_], with_prior: bool) -> Bench:
    choices = task.settings
    keys: list[PriorKey] = prior_keys(choices.head)
    priors = {key: _prior(task, reader, members, fold.cutoff, key) if with_prior else {} for key in keys}
    cohort = reader.cohort(fold, members)
    return bench(cohort, priors, task.segment_id, choices.evaluation.k, choices.evaluation.exclude_seen)


def _prior(
    task: SegmentTask, reader: FoldReader, members: NDArray[np.object_], cutoff: date, key: PriorKey
) -> dict[str, float]:
    # older events weigh less than a hundredth
    days = min(task.settings.spine.history_days, int(np.ceil(7 * key[0])))
    events = reader.events_before(cutoff, days)
    return fit_prior(events[events[USER].isin(members)], events, cutoff, half_life_days=key[0], strength=key[1])


def _head_at(
    task: SegmentTask, reader: FoldReader, parameters: HeadParameters, cutoff: date, members: Members
) -> SegmentHead:
    key = (parameters.half_life, parameters.strength)
    prior = _prior(task, reader, members(cutoff), cutoff, key) if parameters.prior_weight else {}
    return parameters.head(task.segment_id, prior, task.parent_version)


def _head_beside_parent(cohort: Cohort, head: SegmentHead, task: SegmentTask) -> Judgement:
    choices, spine = task.settings.evaluation, cohort.fold.spine
    candidates = spine.candidates(cohort.history, cohort.users, head.extra() or None, choices.exclude_seen)

    def lists(ranking: NDArray[np.float32], layer: str) -> Recommendations:
        return spine.listed(candidates, ranking, cohort.history, choices.k, layer, choices.exclude_seen)

    parent = lists(candidates.parent_ranking(), LAYER_GLOBAL)
    challenger = lists(head.score(candidates), LAYER_SEGMENT)
    return judged(cohort, parent, choices.k), judged(cohort, challenger, choices.k)


def _own_spine(
    name: str,
    task: SegmentTask,
    narrowed: Callable[[NDArray[np.object_]], TrainingSource],
    parameters: dict[str, object],
) -> Challenger:
    reader = task.reading

    def fitted(as_of: date) -> Spine:
        return Spine.fit(narrowed(task.members(as_of)), as_of, task.settings.spine, segment_id=task.segment_id)

    pairs = []
    for fold in task.of_role("gate"):
        cohort = reader.cohort(fold, task.members(fold.cutoff))
        pairs.append(_spine_beside_parent(reader, cohort, fitted(fold.cutoff), task) if len(cohort) else _nobody())
    return _challenger(name, fitted(task.as_of), pairs, parameters, task)


def _spine_beside_parent(reader: FoldReader, cohort: Cohort, spine: Spine, task: SegmentTask) -> Judgement:
    choices, parent = task.settings.evaluation, cohort.fold.spine
    past = reader.events_before(cohort.fold.cutoff, parent.settings.history_days)
    mine = past[past[USER].isin(cohort.truth.users.ids)]
    history = spine.history(mine, cohort.fold.cutoff).of_users(cohort.truth.users.ids)
    own = spine.recommend(history, cohort.users, choices.k, choices.exclude_seen)
    theirs = parent.recommend(cohort.history, cohort.users, choices.k, choices.exclude_seen)
    return judged(cohort, theirs, choices.k), judged(cohort, own, choices.k)


def _challenger(
    name: str,
    model: SegmentHead | Spine,
    pairs: Sequence[Judgement],
    parameters: dict[str, object],
    task: SegmentTask,
    trace: tuple[float, ...] = (),
) -> Challenger:
    k = task.settings.evaluation.k
    parents, challengers = (pd.concat([_nobody()[0], *(pair[side] for pair in pairs)]) for side in (0, 1))
    metrics = means(challengers, k) | means(parents, k, ".parent")
    return Challenger(name, model, _evidence(pairs), metrics, parameters, trace)


def _evidence(pairs: Sequence[Judgement]) -> pd.DataFrame:
    frames = [paired(parent, challenger) for parent, challenger in (_nobody(), *pairs)]
    return pd.concat(frames, ignore_index=True)


def _nobody() -> Judgement:
    empty = pd.DataFrame(
        {"fold": pd.Series(dtype=str), USER: pd.Series(dtype=object)} | {m: pd.Series(dtype=float) for m in METRICS}
    )
    return empty, empty


@dataclass(frozen=True, eq=False)
class _OwnEvents:
    """A source that knows only some users' events."""

    source: TrainingSource
    members: NDArray[np.object_]

    def events(self, window: Window) -> pd.DataFrame:
        frame = self.source.events(window)
        return frame[frame[USER].isin(self.members)]

    def users(self, as_of: date) -> pd.DataFrame:
        frame = self.source.users(as_of)
        return frame[frame[USER].isin(self.members)]

    def items(self, as_of: date) -> pd.DataFrame:
        return self.source.items(as_of)

    def span(self) -> Window:
        return self.source.span()


@dataclass(frozen=True, eq=False)
class _UpWeighted:
    """A source in which some users' events weigh more."""

    source: TrainingSource
    members: NDArray[np.object_]
    factor: float

    def events(self, window: Window) -> pd.DataFrame:
        frame = self.source.events(window)
        louder = np.where(frame[USER].isin(self.members), self.factor, 1.0)
        return frame.assign(**{WEIGHT: frame[WEIGHT].to_numpy(np.float64) * louder})

    def users(self, as_of: date) -> pd.DataFrame:
        return self.source.users(as_of)

    def items(self, as_of: date) -> pd.DataFrame:
        return self.source.items(as_of)

    def span(self) -> Window:
        return self.source.span()
