"""Tuning a segment head: many weights tried on candidates that are scored once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.candidates import Candidates
from recommender.head import SegmentHead
from recommender.metrics import per_user
from training.evaluation import Cohort
from training.settings import HeadSettings

PriorKey = tuple[float, float]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class HeadParameters:
    """What is tuned: all zero is exactly the parent.

    Args:
        prior_weight: of the segment's popularity lift.
        half_life: days, of the prior's events.
        strength: pseudo-events of the prior.
        blend: weight by generator name.
    """

    prior_weight: float = 0.0
    half_life: float = 60.0
    strength: float = 500.0
    blend: Mapping[str, float] = field(default_factory=dict)

    def head(self, segment_id: str, prior: Mapping[str, float], parent_version: str = "") -> SegmentHead:
        """The head with these weights and a prior fitted with this half-life and strength."""
        return SegmentHead(segment_id, prior, self.prior_weight, dict(self.blend), parent_version)

    def flat(self) -> dict[str, float]:
        """As parameters for MLflow."""
        fixed = {"prior_weight": self.prior_weight, "half_life": self.half_life, "strength": self.strength}
        return fixed | {f"blend.{name}": weight for name, weight in self.blend.items()}


@dataclass(frozen=True)
class Tuned:
    """The best parameters, how many users they were tuned on, and every trial's mean metric in order."""

    parameters: HeadParameters
    users: int
    trace: tuple[float, ...]

    @property
    def parent(self) -> float:
        """The parent's mean on the tuning windows: the first trial."""
        return self.trace[0] if self.trace else float("nan")


@dataclass(frozen=True, eq=False)
class Bench:
    """One tuning window, ready for many trials.

    z-scores, priors and the grid of users by candidates are computed once; a trial is then a weighted sum and a
    sort. Agrees with :meth:`SegmentHead.score` (a test holds it to that).

    Args:
        cohort: the evaluated users.
        candidates: theirs, with the extra items of every prior in ``priors``.
        priors: a prior by (half-life, strength).
        segment_id: whose.
        k: length of the lists.
    """

    cohort: Cohort
    candidates: Candidates
    priors: Mapping[PriorKey, Mapping[str, float]]
    segment_id: str
    k: int

    def ndcg(self, parameters: HeadParameters) -> NDArray[np.float64]:
        """NDCG@k of every user of the cohort under ``parameters``."""
        grid = np.full(self._shape, -np.inf, dtype=np.float32)
        grid[self._places] = self.ranking(parameters)
        order = np.argsort(-grid, axis=1, kind="stable")[:, : self.k]
        codes = np.where(np.isfinite(np.take_along_axis(grid, order, axis=1)), self._codes_at(order), -1)
        return per_user(codes, self.cohort.truth, self.k)["ndcg"].to_numpy(np.float64)

    def ranking(self, parameters: HeadParameters) -> Floats:
        """One score per candidate row."""
        total = self._parent.copy()
        for name, weight in parameters.blend.items():
            if weight:
                total += np.float32(weight) * self._generators[name]
        allowed = self.candidates.from_parent
        if parameters.prior_weight:
            rows, extra = self._prior_rows[(parameters.half_life, parameters.strength)]
            total += np.float32(parameters.prior_weight) * rows
            allowed = allowed | extra
        return np.where(allowed, total, -np.inf).astype(np.float32)

    @cached_property
    def _parent(self) -> Floats:
        return self.candidates.standardised(self.candidates.parent)

    @cached_property
    def _generators(self) -> dict[str, Floats]:
        return {name: self.candidates.standardised(scores) for name, scores in self.candidates.scores.items()}

    @cached_property
    def _prior_rows(self) -> dict[PriorKey, tuple[Floats, NDArray[np.bool_]]]:
        found = {}
        for key, prior in self.priors.items():
            head = SegmentHead(self.segment_id, prior, prior_weight=1.0)
            extra = np.isin(self.candidates.item_code, self.candidates.items.codes(list(head.extra())))
            found[key] = (head.prior_scores(self.candidates), extra)
        return found

    @cached_property
    def _shape(self) -> tuple[int, int]:
        return len(self.candidates.users), int(max(np.diff(self.candidates.offsets).max(initial=0), self.k))

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = self.candidates.user_code
        return rows, np.arange(len(rows)) - self.candidates.offsets[rows]

    def _codes_at(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._codes[np.arange(len(order))[:, None], order]

    @cached_property
    def _codes(self) -> NDArray[np.int64]:
        codes = np.full(self._shape, -1, dtype=np.int64)
        codes[self._places] = self.candidates.item_code
        return codes


def bench(
    cohort: Cohort, priors: Mapping[PriorKey, Mapping[str, float]], segment_id: str, k: int, exclude_seen: bool
) -> Bench:
    """Score the cohort's candidates once, with the extra items that any of ``priors`` would propose."""
    heads = [SegmentHead(segment_id, prior, prior_weight=1.0) for prior in priors.values()]
    extra = sorted({item for head in heads for item in head.extra()})
    candidates = cohort.fold.spine.candidates(cohort.history, cohort.users, extra or None, exclude_seen)
    return Bench(cohort, candidates, priors, segment_id, k)


def search(benches: Sequence[Bench], settings: HeadSettings) -> Tuned:
    """Coordinate search from the parent: one weight at a time, kept while it gains more than chance would.

    The order of coordinates is drawn from the seed. With fewer than ``minimum_users`` tuning users nothing is tried:
    a light prior is used as it stands.
    """
    users = sum(len(entry.cohort) for entry in benches)
    if users < settings.minimum_users:
        untuned = HeadParameters(settings.default_prior_weight, settings.half_lives[-1], settings.strengths[-1])
        return Tuned(untuned, users, ())
    state = _Search(benches, settings)
    generators = sorted(benches[0].candidates.scores)
    rng = np.random.default_rng(settings.seed)
    for _ in range(settings.passes):
        steps = [_prior_steps(settings), *(_blend_steps(name, settings) for name in generators)]
        for place in rng.permutation(len(steps)):
            state.improve(steps[place])
    return Tuned(state.best, users, tuple(state.trace))


Step = Callable[[HeadParameters], HeadParameters]


class _Search:
    def __init__(self, benches: Sequence[Bench], settings: HeadSettings) -> None:
        self._benches, self._settings = benches, settings
        self._seen: dict[str, NDArray[np.float64]] = {}
        self.trace: list[float] = []
        self.best = HeadParameters()
        self._best_values = self._trial(self.best)

    def improve(self, steps: Sequence[Step]) -> None:
        """Take the best of ``steps`` from the best so far, if its gain is clear enough."""
        candidates = [step(self.best) for step in steps]
        for parameters in candidates:
            if len(self.trace) >= self._settings.trials:
                return
            values = self._trial(parameters)
            # paired: what counts is the gain of the same users
            gain = values - self._best_values
            error = gain.std() / np.sqrt(len(gain))
            if gain.mean() > self._settings.evidence * error and gain.mean() > 0:
                self.best, self._best_values = parameters, values

    def _trial(self, parameters: HeadParameters) -> NDArray[np.float64]:
        key = repr(sorted(parameters.flat().items()))
        if key not in self._seen:
            self._seen[key] = np.concatenate([entry.ndcg(parameters) for entry in self._benches])
            self.trace.append(float(self._seen[key].mean()))
        return self._seen[key]


def _prior_steps(settings: HeadSettings) -> list[Step]:
    def step(weight: float, half_life: float, strength: float) -> Step:
        return lambda at: HeadParameters(weight, half_life, strength, at.blend)

    tried = [
        step(weight, half_life, strength)
        for half_life in settings.half_lives
        for strength in settings.strengths
        for weight in settings.prior_weights
    ]
    return [*tried, lambda at: HeadParameters(0.0, at.half_life, at.strength, at.blend)]


def _blend_steps(name: str, settings: HeadSettings) -> list[Step]:
    def step(weight: float) -> Step:
        return lambda at: HeadParameters(at.prior_weight, at.half_life, at.strength, {**at.blend, name: weight})

    return [step(weight) for weight in (*settings.blend_weights, 0.0)]


def prior_keys(settings: HeadSettings) -> list[PriorKey]:
    """Every (half-life, strength) that the search may ask for."""
    return [(half_life, strength) for half_life in settings.half_lives for strength in settings.strengths]


def trace_frame(tuned: Tuned) -> pd.DataFrame:
    """The trials as a frame ``trial ndcg``."""
    return pd.DataFrame({"trial": range(1, len(tuned.trace) + 1), "ndcg": tuned.trace})
