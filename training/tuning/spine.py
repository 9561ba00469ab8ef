"""The search for the best spine: generators one after the other, then the blend over them, within a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from recommender.generators.registry import GeneratorSettings, build
from recommender.settings import SpineSettings
from training.studies import StudySettings, Trial
from training.tuning.blend import BlendBlock, TunedBlend, blend_blocks, search_blend, weight_space
from training.tuning.generators import TunedGenerator, search_generator
from training.tuning.ranges import space_of
from training.tuning.windows import TuningWindow

_BLEND_SHARE = 0.2
_SHARED = ("Popularity", "Trending")  # kinds that score alike for everybody

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
        generators: tuned, in the order asked for.
        blend: over them.
        seconds: wall seconds of the whole search.
    """

    generators: tuple[TunedGenerator, ...]
    blend: TunedBlend
    seconds: float

    @property
    def best_single(self) -> TunedGenerator:
        """The generator that is best alone."""
        return max(self.generators, key=lambda tuned: tuned.ndcg)

    def settings(self, base: SpineSettings) -> SpineSettings:
        """``base`` with the tuned generators and weights."""
        generators = tuple(tuned.settings for tuned in self.generators)
        return replace(base, generators=generators, blend=tuple(self.blend.weights.items()))

    def trials(self) -> pd.DataFrame:
        """``of trial ndcg pruned accepted parameters`` of every study, in order."""
        parts = [(tuned.settings.name, tuned.study.trials) for tuned in self.generators]
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
    """Search every generator alone, then the weights of their blend on the windows' candidates.

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
    began = time.monotonic()
    tuned: list[TunedGenerator] = []
    spaces = [space_of(first.kind, settings.timed) for first in generators]
    for number, first in enumerate(generators):
        left = settings.seconds * (1 - _BLEND_SHARE) - (time.monotonic() - began)
        share = len(spaces[number]) / max(sum(map(len, spaces[number:])), 1)
        trials = settings.trials if spaces[number] else 1
        study = _study(settings, trials, left * share)
        journal = _journal(journals, first.name)
        found = search_generator(first, spaces[number], windows, study, settings.k, journal)
        progress(f"{first.name}: {_told(found)}")
        tuned.append(found)
    blocks = _blocks(tuned, windows, settings)
    blend = _blend(tuned, blocks, settings, began, journals)
    progress(f"blend: NDCG@{settings.k} {blend.ndcg:.4f} after {len(blend.study.trials)} trials")
    return SpineSearch(tuple(tuned), blend, time.monotonic() - began)


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
    began: float,
    journals: Path | None,
) -> TunedBlend:
    shared = [entry.settings.name for entry in tuned if entry.settings.kind in _SHARED]
    personal = [entry.settings.name for entry in tuned if entry.settings.kind not in _SHARED]
    first = dict.fromkeys(personal, 0.5) | dict.fromkeys(shared, 0.0)
    study = _study(settings, settings.blend_trials, settings.seconds - (time.monotonic() - began))
    return search_blend(blocks, first, weight_space(personal, shared), study, settings.k, _journal(journals, "blend"))


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
