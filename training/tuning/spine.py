"""The search for the best spine: generators one after the other, then the blend over them, within a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.blend import BlendBlock
from recommender.generators.registry import SHARED, GeneratorSettings, build
from recommender.settings import SpineSettings
from training.studies import StudySettings, Trial
from training.tuning.blend import TunedBlend, blend_blocks, search_blend, weight_space
from training.tuning.generators import TunedGenerator, search_generator
from training.tuning.ranges import space_of
from training.tuning.windows import Scores, TuningWindow

_BLEND_SHARE = 0.2
_MOST_CELLS = 100_000_000  # users x items whose scores are held for complements: 400 MB

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SpineSearchSettings:
    """How the spine is searched.

    Args:
        seconds: at most, whatever the size of the data; every generator is fitted once in any case.
        trials: of one generator, at most.
        blend_trials: of the blend's weights, at most.
        k: of NDCG@k, which is maximised.
        candidates: of one generator for one user, in the blend.
        timed: events have times, so half-lives are searched too.
        seed: of the samplers.
    """

    seconds: float = 300.0
    trials: int = 40
    blend_trials: int = 150
    k: int = 20
    candidates: int = 100
    timed: bool = True
    seed: int = 3

    def __post_init__(self) -> None:
        for name in ("seconds", "trials", "blend_trials", "k", "candidates"):
            if not getattr(self, name) > 0:
                raise ValueError(f"a spine search needs '{name}' above 0; found {getattr(self, name)!r}")


@dataclass(frozen=True, eq=False)
class SpineSearch:
    """What was found.

    Args:
        generators: each tuned alone, in the order asked for.
        complements: those tuned again for what they add to the ones before them, by name; the blend takes these.
        blend: over them.
        seconds: wall seconds of the whole search.
    """

    generators: tuple[TunedGenerator, ...]
    complements: dict[str, TunedGenerator]
    blend: TunedBlend
    seconds: float

    @property
    def best_single(self) -> TunedGenerator:
        """The generator that is best alone."""
        return max(self.generators, key=lambda tuned: tuned.ndcg)

    def settings(self, base: SpineSettings) -> SpineSettings:
        """``base`` with the tuned generators and weights."""
        chosen = (self.complements.get(tuned.settings.name, tuned) for tuned in self.generators)
        generators = tuple(tuned.settings for tuned in chosen)
        return replace(base, generators=generators, blend=tuple(self.blend.weights.items()))

    def trials(self) -> pd.DataFrame:
        """``of trial ndcg pruned accepted parameters`` of every study, in order."""
        parts = [(tuned.settings.name, tuned.study.trials) for tuned in self.generators]
        parts += [(f"{name}, complement", tuned.study.trials) for name, tuned in self.complements.items()]
        rows = [
            {"of": name, "trial": number, **_row(trial)}
            for name, trials in [*parts, ("blend", self.blend.study.trials)]
            for number, trial in enumerate(trials, start=1)
        ]
        return pd.DataFrame(rows)


def search_spine(
    generators: Sequence[GeneratorSettings],
    windows: Sequence[TuningWindow],
    settings: SpineSearchSettings,
    progress: Progress = lambda _: None,
    journals: Path | None = None,
) -> SpineSearch:
    """Search every generator alone and for what it adds to those before it, then the weights of their blend.

    What is best alone is not what adds most: it often knows the same. So a generator that knows the user is searched
    twice where another came before it: alone, and by the NDCG of its standardised scores plus theirs.

    The time is shared by the number of parameters; what one leaves goes to those after it, so the cheapest come first.
    Equal inputs and seed give equal results unless time ends a study.

    Args:
        generators: first parameters; a kind without ranges is fitted as it stands.
        windows: at least one, all over the same kinds of data.
        settings: how long and how deep.
        progress: told of every generator.
        journals: folder that keeps the trials; a search that was killed goes on from there.
    """
    if not windows:
        raise ValueError("a spine search needs at least one tuning window; found none")
    search = _Search(generators, windows, settings, progress, journals)
    for first in generators:
        search.tune(first)
    return search.finish()


class _Search:
    """The state between studies: what is tuned, what it complements, how much time is left."""

    def __init__(
        self,
        generators: Sequence[GeneratorSettings],
        windows: Sequence[TuningWindow],
        settings: SpineSearchSettings,
        progress: Progress,
        journals: Path | None,
    ) -> None:
        self._windows, self._settings, self._say, self._journals = windows, settings, progress, journals
        self._began = time.monotonic()
        self._spaces = {first.name: space_of(first.kind, settings.timed) for first in generators}
        self._waiting = self._studies(generators)
        self._tuned: list[TunedGenerator] = []
        self._complements: dict[str, TunedGenerator] = {}
        self._beside: list[Scores] | None = None

    def tune(self, first: GeneratorSettings) -> None:
        """Search one generator alone and, if others of its sort came before, for what it adds to them."""
        alone = self._search(first, first.name, None)
        self._tuned.append(alone)
        if first.kind in SHARED:
            return
        if self._beside is not None and f"{first.name}+" in self._waiting and self._has_time_beyond(alone):
            self._complements[first.name] = self._search(alone.settings, f"{first.name}+", self._beside)
        self._waiting.pop(f"{first.name}+", None)
        if any(name.endswith("+") for name in self._waiting):
            self._add(self._complements.get(first.name, alone))

    def finish(self) -> SpineSearch:
        """Search the blend's weights in the time that is left."""
        settings = self._settings
        chosen = [self._complements.get(entry.settings.name, entry) for entry in self._tuned]
        blend = _blend(chosen, _blocks(chosen, self._windows, settings), settings, self._left(1.0), self._journals)
        self._say(f"blend: NDCG@{settings.k} {blend.ndcg:.4f} after {len(blend.study.trials)} trials")
        return SpineSearch(tuple(self._tuned), self._complements, blend, time.monotonic() - self._began)

    def _studies(self, generators: Sequence[GeneratorSettings]) -> dict[str, int]:
        """How many parameters the studies to come will search; a name with + is a complement's."""
        sizes = {first.name: len(self._spaces[first.name]) for first in generators}
        cells = sum(len(window.truth.users) * len(window.truth.items) for window in self._windows)
        if cells <= _MOST_CELLS:
            own = [first.name for first in generators if first.kind not in SHARED]
            sizes |= {f"{name}+": sizes[name] for name in own[1:] if sizes[name]}
        return sizes

    def _search(self, first: GeneratorSettings, study: str, beside: list[Scores] | None) -> TunedGenerator:
        share = self._waiting[study] / max(sum(self._waiting.values()), 1)
        trials = self._settings.trials if self._spaces[first.name] else 1
        chosen = _study(self._settings, trials, self._left(1 - _BLEND_SHARE) * share)
        journal = _journal(self._journals, study)
        space, k = self._spaces[first.name], self._settings.k
        found = search_generator(first, space, self._windows, chosen, k, journal, beside)
        del self._waiting[study]
        self._say(f"{study}: {_told(found)}")
        return found

    def _add(self, tuned: TunedGenerator) -> None:
        scores = [window.standardised(build(tuned.settings).fit(window.training)) for window in self._windows]
        if self._beside is not None:
            scores = [old + new for old, new in zip(self._beside, scores, strict=True)]
        self._beside = scores

    def _has_time_beyond(self, alone: TunedGenerator) -> bool:
        """Whether a second search could try anything: its first trial repeats what is known."""
        return self._left(1 - _BLEND_SHARE) > 3 * alone.seconds / len(alone.study.trials)

    def _left(self, share: float) -> float:
        return self._settings.seconds * share - (time.monotonic() - self._began)


def _blocks(
    tuned: Sequence[TunedGenerator], windows: Sequence[TuningWindow], settings: SpineSearchSettings
) -> list[BlendBlock]:
    blocks: list[BlendBlock] = []
    for window in windows:
        fitted = [build(entry.settings).fit(window.training) for entry in tuned]
        blocks += blend_blocks(window, fitted, settings.candidates)
    return blocks


def _blend(
    tuned: Sequence[TunedGenerator],
    blocks: Sequence[BlendBlock],
    settings: SpineSearchSettings,
    seconds: float,
    journals: Path | None,
) -> TunedBlend:
    shared = [entry.settings.name for entry in tuned if entry.settings.kind in SHARED]
    personal = [entry.settings.name for entry in tuned if entry.settings.kind not in SHARED]
    first = _start(blocks, personal, shared, settings.k)
    study = _study(settings, settings.blend_trials, seconds)
    return search_blend(blocks, first, weight_space(personal, shared), study, settings.k, _journal(journals, "blend"))


def _start(blocks: Sequence[BlendBlock], personal: list[str], shared: list[str], k: int) -> dict[str, float]:
    """All alike or one alone, whatever is better: even without a trial the blend is no worse than its parts."""
    nothing = dict.fromkeys([*personal, *shared], 0.0)
    starts = [nothing | dict.fromkeys(personal, 0.5), *(nothing | {name: 1.0} for name in personal)]
    return max(starts, key=lambda weights: float(np.concatenate([block.ndcg(weights, k) for block in blocks]).mean()))


def _study(settings: SpineSearchSettings, trials: int, seconds: float) -> StudySettings:
    # evidence 0: a trial competes on its mean, not as an exception from a parent that is proved
    return StudySettings("tpe", trials, max(seconds, 1e-3), evidence=0.0, seed=settings.seed)


def _journal(folder: Path | None, name: str) -> Path | None:
    return None if folder is None else folder / f"{name}.jsonl"


def _told(found: TunedGenerator) -> str:
    trials = len(found.study.trials)
    values = f"NDCG {found.first_ndcg:.4f} -> {found.ndcg:.4f}"
    return f"{values}, {trials} trials in {found.seconds:.0f} s, {dict(found.settings.parameters)}"


def _row(trial: Trial) -> dict[str, object]:
    parameters = {
        name: round(value, 5) if isinstance(value, float) else value for name, value in trial.parameters.items()
    }
    return {"ndcg": trial.value, "pruned": trial.pruned, "accepted": trial.accepted, "parameters": parameters}
