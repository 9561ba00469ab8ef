"""Every choice of backtests, evaluation and strategies; the gate's own are in :mod:`training.gate`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from recommender.prior import Base
from recommender.settings import SpineSettings
from training.gate import GateSettings
from training.studies import Sampler, StudySettings


@dataclass(frozen=True)
class BacktestSettings:
    """Rolling windows back from the as-of.

    Every window costs the fit of a parent. More of them let the gate see more, and the further back they lie the less
    their parents resemble the one that serves: a number of windows may be a pair, the least and the most, and grows
    with the history. Windows beyond the least are taken while the oldest cutoff still has ``parent_share`` of the
    history before it, first for tuning, then for the gate. With the defaults: 3 gate windows and 1 that tunes below 15
    weeks of history, 3 and 2 from there on, 6 and 2 from 24 weeks on.

    Args:
        holdout_days: length of every window.
        gate_windows: how many decide; a number, or the least and the most.
        tune_windows: how many older ones tune; the same.
        minimum_history_days: events that must lie before the oldest cutoff; windows without them are left out.
        parent_share: of the days of history, what must lie before the cutoff of a window beyond the least.
        workers: parents that are fitted at the same time; changes no result.

    Raises:
        ValueError: a number below 1 (``tune_windows`` may be 0), a most below its least, a share outside of 0 to 1.
    """

    holdout_days: int = 7
    gate_windows: int | tuple[int, int] = (3, 6)
    tune_windows: int | tuple[int, int] = (1, 2)
    minimum_history_days: int = 14
    parent_share: float = 2 / 3
    workers: int = 2

    def __post_init__(self) -> None:
        (gate, most_gate), (tune, most_tune) = self.gate_range, self.tune_range
        if min(self.holdout_days, gate, self.minimum_history_days, self.workers) < 1 or tune < 0:
            raise ValueError(f"backtest days and windows must be at least 1 (tune_windows 0); found {self}")
        if most_gate < gate or most_tune < tune:
            raise ValueError(f"a pair of windows is the least and the most, such as (3, 6); found {self}")
        if not 0 <= self.parent_share <= 1:
            raise ValueError(f"backtest parent_share must lie between 0 and 1; found {self.parent_share}")

    @property
    def gate_range(self) -> tuple[int, int]:
        """Least and most gate windows."""
        return _pair(self.gate_windows)

    @property
    def tune_range(self) -> tuple[int, int]:
        """Least and most tuning windows."""
        return _pair(self.tune_windows)


@dataclass(frozen=True)
class EvaluationSettings:
    """How lists are judged: length ``k``, at most ``users_per_fold`` of a segment in a window, seeded."""

    k: int = 10
    users_per_fold: int = 2000
    exclude_seen: bool = True
    seed: int = 11


@dataclass(frozen=True)
class HeadSettings:
    """What the tuning of a segment head may try.

    Args:
        trials: evaluations of the tuning windows, the parent's included.
        prior_weights: tried for the segment prior.
        half_lives: days, of the prior's events.
        strengths: pseudo-events that pull the prior to everybody's.
        bases: ``lift`` corrects a parent that knows what is popular, ``popularity`` also orders for users of whom
            the parent knows little.
        blend_weights: tried for every generator.
        passes: rounds over all coordinates.
        evidence: a step is taken if its gain is above this many standard errors. Of some ninety trials the luckiest
            gains two by chance: at 0.5 heads on a shop whose parent knew all there was lost .003 NDCG, at 1.5 .0005.
        minimum_users: evaluated tuning users below which the defaults are used untuned.
        default_prior_weight: used untuned.
        seed: of everything random.
        sampler: ``coordinate`` (one weight at a time), ``tpe``, ``random`` or ``grid``.
        seconds: after which no further trial begins and the running one ends.
        pruning: give up trials that fall behind the best so far.
        features: what may get a weight: ``prior`` and names of generators, ``*`` for any part of a name.

    Raises:
        ValueError: an unknown sampler, an empty list, or a number out of its range.
    """

    trials: int = 90
    prior_weights: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
    half_lives: tuple[float, ...] = (14.0, 60.0)
    strengths: tuple[float, ...] = (50.0, 500.0)
    bases: tuple[Base, ...] = ("lift",)
    blend_weights: tuple[float, ...] = (-0.2, 0.1, 0.25, 0.5, 1.0)
    passes: int = 2
    evidence: float = 1.5
    minimum_users: int = 50
    default_prior_weight: float = 0.25
    seed: int = 3
    sampler: Sampler = "coordinate"
    seconds: float = 60.0
    pruning: bool = True
    features: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        if not self.half_lives or not self.strengths or min(*self.half_lives, *self.strengths) <= 0:
            raise ValueError(
                f"a head needs half-lives and strengths above 0; found {self.half_lives} and {self.strengths}"
            )
        if not self.bases or not set(self.bases) <= set(get_args(Base)):
            raise ValueError(f"a head's priors are of the bases {', '.join(get_args(Base))}; found {self.bases}")
        if not self.features:
            raise ValueError("a head needs at least one feature; found none: '*' allows the prior and every generator")
        # refuses what no study can do
        _ = self.study

    @property
    def study(self) -> StudySettings:
        """How the head's study searches."""
        return StudySettings(
            self.sampler, self.trials, self.seconds, self.pruning, self.evidence, self.passes, self.seed
        )


@dataclass(frozen=True)
class TrainingSettings:
    """All of training's choices together.

    ``up_weights`` are the factors that the strategy ``reweighted`` tries, in that order, ``anchored_weights`` those of
    ``anchored``, ``continued_trees`` how many trees ``ranker`` may add; ``ladder`` begins no further strategy after
    ``ladder_seconds``; ``placebo`` and ``control`` switch those comparisons on; ``diversity`` is the least mean
    diversity of categories (0 to 1) that a segment's lists must have to serve.
    """

    spine: SpineSettings = field(default_factory=SpineSettings)
    backtest: BacktestSettings = field(default_factory=BacktestSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    head: HeadSettings = field(default_factory=HeadSettings)
    up_weights: tuple[float, ...] = (2.0, 4.0, 0.25)
    anchored_weights: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    continued_trees: tuple[int, ...] = (10, 30)
    ladder_seconds: float = 60.0
    diversity: float = 0.0
    placebo: bool = False
    control: bool = False

    def hash(self) -> str:
        """A short name of all of these values: equal settings, equal hash."""
        return short_hash(asdict(self))


def _pair(windows: int | tuple[int, int]) -> tuple[int, int]:
    return (windows, windows) if isinstance(windows, int) else (windows[0], windows[1])


def short_hash(values: Any) -> str:
    """Twelve hexadecimal digits over plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:12]
