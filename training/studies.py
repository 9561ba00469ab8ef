"""Studies: many trials of parameters for the best mean metric of the tuning users, on Optuna, resumable and capped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from training.journal import Journal, open_journal
from training.space import Choice, Parameters, Space, grid

if TYPE_CHECKING:
    import optuna
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

Sampler = Literal["coordinate", "tpe", "random", "grid"]
Ending = Literal["trials", "time", "space"]
Floats = NDArray[np.float64]
Objective = Callable[[Parameters], Iterator[Floats]]
Moves = Sequence[Sequence[Parameters]]
Clock = Callable[[], float]
# a trial is given up when even this many standard errors more would not lift it to the best so far
_HOPE = 1.0


@dataclass(frozen=True)
class StudySettings:
    """How a study searches.

    Args:
        sampler: ``coordinate`` (one group of parameters at a time), ``tpe``, ``random`` or ``grid``.
        trials: at most, the first included.
        seconds: at most; a trial that is running then ends before its next block and does not count.
        pruning: give up trials that fall behind the best so far, block by block.
        evidence: standard errors of the paired gain above which a trial replaces the best so far.
        passes: rounds of the coordinate search.
        seed: of everything random.

    Raises:
        ValueError: an unknown sampler or a number out of its range.
    """

    sampler: Sampler = "coordinate"
    trials: int = 90
    seconds: float = 60.0
    pruning: bool = True
    evidence: float = 1.5
    passes: int = 2
    seed: int = 3

    def __post_init__(self) -> None:
        if self.sampler not in get_args(Sampler):
            raise ValueError(f"expected a sampler of {', '.join(get_args(Sampler))}; found '{self.sampler}'")
        if self.trials < 1 or self.passes < 1 or self.seconds <= 0 or self.evidence < 0:
            raise ValueError(
                f"a study needs trials >= 1, passes >= 1, seconds > 0, evidence >= 0; found {asdict(self)}"
            )


@dataclass(frozen=True)
class Trial:
    """One combination: its mean metric over the users it was measured on, and whether it became the best so far."""

    parameters: Parameters
    value: float
    pruned: bool
    accepted: bool


@dataclass(frozen=True)
class Study:
    """A finished study: every trial in order, and what ended it (``space``: nothing was left to try)."""

    trials: tuple[Trial, ...]
    ending: Ending

    @property
    def best(self) -> Trial:
        """The last trial that replaced the best before it."""
        return next(trial for trial in reversed(self.trials) if trial.accepted)


def run_study(
    objective: Objective,
    space: Space,
    first: Parameters,
    settings: StudySettings,
    moves: Moves = (),
    journal: Path | None = None,
    clock: Clock = time.monotonic,
) -> Study:
    """Search ``space`` for the greatest mean of ``objective``, starting from ``first``.

    A trial replaces the best so far if its paired gain over the same users is above ``evidence`` standard errors:
    the luckiest of many trials always gains a little. Equal inputs and seed give equal trials, unless time runs out.

    Args:
        objective: gives the metric of every tuning user under some parameters, a window or a block of users at a
            time, always of the same users in the same order.
        space: what may be tried.
        first: tried first, never given up: the parent, or the defaults.
        settings: how to search.
        moves: for the coordinate search, the changes of every coordinate; default: every choice on its own.
        journal: a file that keeps every trial. A study that was killed goes on after its last kept trial and ends as
            an unbroken one; a finished one is read and not repeated. ``None`` keeps nothing.
        clock: seconds.

    Raises:
        ValueError: the sampler cannot walk the space.
    """
    steps = moves or [[{name: value} for value in entry.values] for name, entry in _choices(space).items()]
    _refuse(space, settings, steps)
    with open_journal(journal) as kept:
        if kept.ending is None:
            kept.close(_Search(objective, space, first, settings, steps, kept, clock).run())
        return Study(tuple(map(_trial, kept.trials)), cast(Ending, kept.ending))


class _OutOfTimeError(Exception):
    """Ends a running trial."""


class _Search:
    """Trials run in memory, so that a killed one leaves nothing behind; the journal gets the finished ones."""

    def __init__(
        self,
        objective: Objective,
        space: Space,
        first: Parameters,
        settings: StudySettings,
        moves: Moves,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._objective, self._space, self._first = objective, space, first
        self._settings, self._moves, self._journal, self._clock = settings, moves, journal, clock
        known = journal.trials
        accepted = [trial.params for trial in known if trial.user_attrs["accepted"]]
        self._best: Parameters | None = accepted[-1] if accepted else None
        self._best_blocks: list[Floats] = []
        self._deadline = clock() + settings.seconds - sum(trial.user_attrs["seconds"] for trial in known)

    def run(self) -> Ending:
        from optuna import create_study

        from training.coordinates import NothingLeftError

        known = self._journal.trials
        study = create_study(direction="maximize", sampler=self._sampler(len(known)))
        study.add_trials(known)
        if not known:
            study.enqueue_trial(dict(self._first))
        left = self._settings.trials - len(known)
        try:
            if left > 0:
                study.optimize(self._measure, n_trials=left, callbacks=[self._keep])
        except _OutOfTimeError:
            return "time"
        except NothingLeftError:
            return "space"
        return "trials" if len(self._journal.trials) >= self._settings.trials else "space"

    def _keep(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._journal.keep(trial)
        if trial.number + 1 < self._settings.trials and self._clock() >= self._deadline:
            raise _OutOfTimeError
        study.sampler = self._sampler(trial.number + 1)

    def _measure(self, trial: optuna.Trial) -> float:
        began = self._clock()
        trial.set_user_attr("accepted", False)
        parameters = {name: entry.suggest(trial, name) for name, entry in self._space.items()}
        blocks: list[Floats] = []
        for step, block in enumerate(self._until_due(parameters)):
            blocks.append(block)
            trial.report(_mean(blocks), step)
            trial.set_user_attr("seconds", self._clock() - began)
            self._prune(blocks)
        if self._better(blocks):
            trial.set_user_attr("accepted", True)
            self._best, self._best_blocks = parameters, blocks
        return _mean(blocks)

    def _until_due(self, parameters: Parameters) -> Iterator[Floats]:
        """The blocks of a trial, each begun while there is time; the first trial is always whole."""
        if self._best is None:
            yield from self._objective(parameters)
            return
        blocks = iter(self._objective(parameters))
        for _ in self._incumbent:  # as many: a trial that is complete counts, however late
            if self._clock() >= self._deadline:
                raise _OutOfTimeError
            yield next(blocks)

    def _prune(self, blocks: list[Floats]) -> None:
        from optuna import TrialPruned

        if self._best is None or not self._settings.pruning or not 1 < len(blocks) < len(self._incumbent):
            return
        gain, error = self._gain(blocks)
        if gain + _HOPE * error < 0:
            raise TrialPruned

    def _better(self, blocks: list[Floats]) -> bool:
        if self._best is None:
            return True
        gain, error = self._gain(blocks)
        return gain > 0 and gain > self._settings.evidence * error

    def _gain(self, blocks: list[Floats]) -> tuple[float, float]:
        # paired: what counts is the gain of the same users
        gains = np.concatenate(blocks) - np.concatenate(self._incumbent[: len(blocks)])
        return float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))

    @property
    def _incumbent(self) -> list[Floats]:
        if not self._best_blocks and self._best is not None:
            # resumed: the journal keeps no single users
            self._best_blocks = list(self._objective(self._best))
        return self._best_blocks

    def _sampler(self, number: int) -> BaseSampler:
        """Of one trial: a function of the seed, the trial's number and the history, so that a resumed study agrees."""
        from optuna.samplers import GridSampler, RandomSampler, TPESampler

        settings = self._settings
        if settings.sampler == "coordinate":
            from training.coordinates import CoordinateSampler

            return CoordinateSampler(self._first, self._moves, settings.passes, settings.seed)
        if settings.sampler == "grid":
            return GridSampler(grid(self._space), seed=settings.seed)
        seed = int(np.random.default_rng([settings.seed, number]).integers(2**31))
        return TPESampler(seed=seed) if settings.sampler == "tpe" else RandomSampler(seed=seed)


def _choices(space: Space) -> dict[str, Choice]:
    return {name: entry for name, entry in space.items() if isinstance(entry, Choice)}


def _refuse(space: Space, settings: StudySettings, moves: Moves) -> None:
    """Say before the first trial that a sampler cannot walk the space."""
    if settings.sampler == "grid":
        grid(space)
    if settings.sampler == "coordinate" and not moves:
        raise ValueError("the coordinate search needs choices or moves; found ranges only: use the sampler tpe")


def _trial(kept: FrozenTrial) -> Trial:
    from optuna.trial import TrialState

    value = kept.value if kept.value is not None else kept.intermediate_values[max(kept.intermediate_values)]
    return Trial(kept.params, float(value), kept.state == TrialState.PRUNED, bool(kept.user_attrs["accepted"]))


def _mean(blocks: Sequence[Floats]) -> float:
    return float(np.concatenate(blocks).mean())
