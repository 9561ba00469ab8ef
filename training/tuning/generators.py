"""Searching one generator's parameters, alone or for what it adds to others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.generators.registry import GeneratorSettings, build, parameters_of
from training.space import Parameters, Range, Space
from training.studies import Study, StudySettings, run_study
from training.tuning.ranges import COSTLY, AffordableRange
from training.tuning.windows import Scores, TuningWindow

Floats = NDArray[np.float64]

_FEWEST = 10  # trials that shall fit into the time of a study


@dataclass(frozen=True, eq=False)
class TunedGenerator:
    """The best parameters found, beside those that the search began with.

    Args:
        settings: the best; the first ones where nothing was better.
        study: every trial, the first ones' first.
        seconds: wall seconds, fits and evaluations.
        fit_seconds: of the slowest single fit.
    """

    settings: GeneratorSettings
    study: Study
    seconds: float
    fit_seconds: float

    @property
    def ndcg(self) -> float:
        """Mean of the best trial over the users of all windows."""
        return self.study.best.value

    @property
    def first_ndcg(self) -> float:
        """The same before the search."""
        return self.study.trials[0].value


def search_generator(
    first: GeneratorSettings,
    space: Space,
    windows: Sequence[TuningWindow],
    settings: StudySettings,
    k: int,
    journal: Path | None = None,
    beside: Sequence[Scores] | None = None,
) -> TunedGenerator:
    """Fit and measure one generator under many parameters; a trial that falls behind is pruned between windows.

    No trial is begun that would end after ``settings.seconds`` if it took as long as the slowest before it; the first
    is measured in any case. Where the time is short, the parameter that a trial's time grows with stays so low that
    about ten trials fit.

    Args:
        first: tried first.
        space: what is searched, by parameter; parameters outside of it stay as they are.
        windows: each trial is fitted and judged on every one.
        settings: how to search.
        k: of NDCG@k.
        journal: keeps the trials, see :func:`training.studies.run_study`.
        beside: per window, standardised scores of what the generator shall complement; ``None`` judges it alone.
    """
    bench = _Bench(first, windows, k, beside or [None] * len(windows))
    start = {name: {**parameters_of(first.kind), **first.parameters}[name] for name in space}
    began = time.monotonic()
    spaces = bench.affordable(space, settings.seconds / _FEWEST)
    study = run_study(bench.measure, spaces, start, settings, journal=journal, clock=bench.clock)
    return TunedGenerator(bench.changed(study.best.parameters), study, time.monotonic() - began, bench.slowest_fit)


class _Bench:
    """Measures parameters, and remembers how long that takes."""

    def __init__(
        self, first: GeneratorSettings, windows: Sequence[TuningWindow], k: int, beside: Sequence[Scores | None]
    ) -> None:
        self._first, self._windows, self._k, self._beside = first, windows, k, beside
        self._costly = COSTLY.get(first.kind, "")
        self._slowest = 0.0
        self._unit = 0.0  # seconds of a trial for each unit of the costly parameter
        self.slowest_fit = 0.0

    def clock(self) -> float:
        """Seconds, ahead by what a trial takes: a study that looks at it ends in time."""
        return time.monotonic() + self._slowest

    def affordable(self, space: Space, seconds: float) -> Space:
        """The space without what would let a trial take longer than ``seconds``."""
        costly = space.get(self._costly)
        if not isinstance(costly, Range):
            return space
        bounded = AffordableRange(**vars(costly), limit=lambda: seconds / self._unit if self._unit else costly.high)
        return {**space, self._costly: bounded}

    def changed(self, parameters: Parameters) -> GeneratorSettings:
        return replace(self._first, parameters={**self._first.parameters, **parameters})

    def measure(self, parameters: Parameters) -> Iterator[Floats]:
        generator, size = build(self.changed(parameters)), float(parameters.get(self._costly, 0))
        for window, beside in zip(self._windows, self._beside, strict=True):
            began = time.monotonic()
            fitted = generator.fit(window.training)
            self.slowest_fit = max(self.slowest_fit, time.monotonic() - began)
            values = window.ndcg(fitted, self._k, beside)
            self._remember(time.monotonic() - began, size)
            yield values

    def _remember(self, seconds: float, size: float) -> None:
        self._slowest = max(self._slowest, seconds)
        if size:
            self._unit = max(self._unit, seconds * len(self._windows) / size)
