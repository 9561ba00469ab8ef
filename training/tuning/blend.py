"""Searching the weights of the linear blend on candidates that are scored once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.blend import BlendBlock
from recommender.candidates import Candidates
from recommender.generators import Generator
from recommender.history import History
from recommender.retrieval import retrieve
from training.space import Parameters, Range, Space
from training.studies import Study, StudySettings, run_study
from training.tuning.windows import TuningWindow

_USERS = 500  # of a block: a trial may be given up after each

Floats = NDArray[np.float64]
Weights = Mapping[str, float]


def blend_blocks(window: TuningWindow, generators: Sequence[Generator], candidates: int) -> list[BlendBlock]:
    """Let every fitted generator propose ``candidates`` unseen items to every user of the window."""
    blocks = []
    for start in range(0, len(window.truth.users), _USERS):
        users = np.arange(start, min(start + _USERS, len(window.truth.users)))
        rows = proposed(generators, window.history.rows(users), candidates)
        blocks.append(BlendBlock.of(rows, window.truth.rows(users)))
    return blocks


def proposed(generators: Sequence[Generator], history: History, count: int) -> Candidates:
    """The union of the generators' best ``count`` unseen items of every user, with all their scores."""
    pairs = retrieve(generators, history, count)
    scores = {generator.name: np.ascontiguousarray(pairs.scores[:, n]) for n, generator in enumerate(generators)}
    nothing = np.zeros(len(pairs.user_code), dtype=np.float32)
    return Candidates(
        history.users, history.items, pairs.user_code, pairs.item_code, scores, nothing, pairs.from_parent
    )


@dataclass(frozen=True, eq=False)
class TunedBlend:
    """Weights by generator name, and every trial."""

    weights: dict[str, float]
    study: Study

    @property
    def ndcg(self) -> float:
        """Mean of the best trial over the users of all windows."""
        return self.study.best.value


def search_blend(
    blocks: Sequence[BlendBlock],
    first: Weights,
    space: Space,
    settings: StudySettings,
    k: int,
    journal: Path | None = None,
) -> TunedBlend:
    """Try weights for the highest NDCG@k over all blocks; trials that fall behind are given up early.

    Args:
        blocks: of all windows.
        first: tried first; generators outside of ``space`` keep this weight.
        space: what is searched, by generator name.
        settings: how to search.
        k: of NDCG@k.
        journal: keeps the trials, see :func:`training.studies.run_study`.
    """

    def measure(parameters: Parameters) -> Iterator[Floats]:
        weights = {**first, **{name: float(value) for name, value in parameters.items()}}
        yield from (block.ndcg(weights, k) for block in blocks)

    start = {name: first[name] for name in space}
    study = run_study(measure, space, start, settings, journal=journal)
    return TunedBlend({**first, **{name: float(value) for name, value in study.best.parameters.items()}}, study)


def weight_space(personal: Sequence[str], shared: Sequence[str]) -> Space:
    """Weights 0 to 1 for generators that know the user; around 0 for those that say the same to everybody."""
    # a little against popularity often helps: it is part of every other score already
    return {name: Range(0.0, 1.0) for name in personal} | {name: Range(-0.3, 0.3) for name in shared}
