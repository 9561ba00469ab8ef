"""Tuning a segment head on its tuning windows: from the parent, and away from it only on evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from recommender.prior import Base
from training.bench import Bench, BenchPart, HeadParameters, PriorKey
from training.journal import journal_path
from training.settings import HeadSettings, short_hash
from training.space import Choice, Parameters, Space, Value
from training.studies import Ending, Moves, Study, run_study

PRIOR = "prior"
_BLEND = "blend."
_WEIGHT = "prior_weight"
# users measured before a trial may be given up or run out of time
_PART = 256


@dataclass(frozen=True)
class Tuned:
    """The best parameters, how many users they were tuned on, and every trial's mean metric in order.

    ``ending`` says what ended the tuning; empty where too few users left nothing to tune.
    """

    parameters: HeadParameters
    users: int
    trace: tuple[float, ...]
    ending: Ending | None = None

    @property
    def parent(self) -> float:
        """The parent's mean on the tuning windows: the first trial."""
        return self.trace[0] if self.trace else float("nan")


def search(benches: Sequence[Bench], settings: HeadSettings, studies: Path | None = None, label: str = "head") -> Tuned:
    """Search the head's weights, each kept while it gains more than chance would.

    With fewer than ``minimum_users`` tuning users nothing is tried: a light prior is used as it stands.

    Args:
        benches: the tuning windows with somebody in them.
        settings: what may be tried and how.
        studies: folder that keeps the trials: a study that was killed goes on, a finished one is not repeated.
            Equal settings and equal candidates, scores and truths mean the same study.
        label: names the study for people.
    """
    users = sum(len(entry.cohort) for entry in benches)
    if users < settings.minimum_users:
        return Tuned(_untuned(settings), users, ())
    parts = [part for entry in benches for part in entry.parts(_PART)]
    found = _study(parts, settings, studies, label)
    return Tuned(_read(found.best.parameters), users, tuple(trial.value for trial in found.trials), found.ending)


def _study(parts: Sequence[BenchPart], settings: HeadSettings, studies: Path | None, label: str) -> Study:
    def measured(parameters: Parameters) -> Iterator[NDArray[np.float64]]:
        head = _read(parameters)
        return (part.ndcg(head) for part in parts)

    journal = None
    if studies is not None:
        key = short_hash([asdict(settings), [part.fingerprint() for part in parts]])
        journal = journal_path(studies, label, key)
    generators = sorted(name for name in parts[0].generators if _listed(name, settings))
    space = _space(generators, settings)
    first: dict[str, Value] = dict.fromkeys(space, 0.0)
    first |= {"half_life": settings.half_lives[-1], "strength": settings.strengths[-1], "base": settings.bases[0]}
    return run_study(measured, space, first, settings.study, _moves(generators, settings), journal)


def _space(generators: Sequence[str], settings: HeadSettings) -> Space:
    blend = {_BLEND + name: Choice((0.0, *settings.blend_weights)) for name in generators}
    weights = (0.0, *settings.prior_weights) if _listed(PRIOR, settings) else (0.0,)
    prior = {_WEIGHT: Choice(weights), "half_life": Choice(settings.half_lives)}
    return prior | {"strength": Choice(settings.strengths), "base": Choice(settings.bases)} | blend


def _moves(generators: Sequence[str], settings: HeadSettings) -> Moves:
    """One coordinate is the prior with all that makes it, the others are one generator's weight each."""
    prior: list[Parameters] = [
        {"half_life": half_life, "strength": strength, "base": base, _WEIGHT: weight}
        for half_life, strength, base in prior_keys(settings)
        for weight in settings.prior_weights
    ]
    blend = [[{_BLEND + name: weight} for weight in (*settings.blend_weights, 0.0)] for name in generators]
    return [[*prior, {_WEIGHT: 0.0}], *blend] if _listed(PRIOR, settings) else blend


def _listed(name: str, settings: HeadSettings) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in settings.features)


def _untuned(settings: HeadSettings) -> HeadParameters:
    weight = settings.default_prior_weight if _listed(PRIOR, settings) else 0.0
    return HeadParameters(weight, settings.half_lives[-1], settings.strengths[-1], settings.bases[0])


def _read(parameters: Parameters) -> HeadParameters:
    base = cast(Base, parameters["base"])
    numbers = {name: float(value) for name, value in parameters.items() if name != "base"}
    blend = {name.removeprefix(_BLEND): w for name, w in numbers.items() if name.startswith(_BLEND) and w}
    return HeadParameters(numbers[_WEIGHT], numbers["half_life"], numbers["strength"], base, blend)


def prior_keys(settings: HeadSettings) -> list[PriorKey]:
    """Every way to fit a prior that the search may ask for."""
    return list(product(settings.half_lives, settings.strengths, settings.bases))
