"""Coordinate search as an Optuna sampler: one group of parameters at a time, from the best accepted so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from training.space import Parameters, Value

Moves = Sequence[Sequence[Parameters]]


class NothingLeftError(Exception):
    """Every combination has been tried."""


class CoordinateSampler(BaseSampler):
    """Visits the coordinates in a seeded order, ``passes`` times; within one it tries every move from where it began.

    The state is the study's own history (a trial's attribute ``accepted``), so a resumed study goes on as if it had
    never stopped. A combination that was tried is not tried again.

    Args:
        first: where it starts: the study's first trial.
        moves: for every coordinate the changes to try.
        passes: rounds over all coordinates.
        seed: of the order.
    """

    def __init__(self, first: Parameters, moves: Moves, passes: int, seed: int) -> None:
        self._first, self._moves = first, moves
        rng = np.random.default_rng(seed)
        self._order = [int(place) for _ in range(passes) for place in rng.permutation(len(moves))]

    def proposed(self, trials: Sequence[FrozenTrial]) -> Parameters | None:
        """The next combination after ``trials``; ``None`` when all have been tried."""
        known = {_key(trial.params): bool(trial.user_attrs.get("accepted")) for trial in trials}
        return next(self._walk(known), None)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """None: the values come as they are, see :meth:`sample_independent`."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing is sampled jointly."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The parameter's value in the next combination."""
        proposed = self.proposed(_finished(study))
        if proposed is None:
            raise NothingLeftError
        return proposed[param_name]

    def _walk(self, known: Mapping[str, bool]) -> Iterator[Parameters]:
        best = dict(self._first)
        met = {_key(best)}
        for place in self._order:
            start = dict(best)
            for move in self._moves[place]:
                candidate = start | dict(move)
                key = _key(candidate)
                if key not in known:
                    yield candidate
                if known.get(key) and key not in met:
                    best = candidate
                met.add(key)


def _key(parameters: Mapping[str, Value]) -> str:
    return repr(sorted(parameters.items()))


def _finished(study: Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
