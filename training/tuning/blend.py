"""Searching the weights of the linear blend on candidates that are scored once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import Candidates
from recommender.generators import Generator
from recommender.history import History
from recommender.metrics import Truth, per_user
from recommender.retrieval import retrieve
from recommender.topk import top_k
from training.space import Parameters, Range, Space
from training.studies import Study, StudySettings, run_study
from training.tuning.windows import TuningWindow

_USERS = 500  # of a block: a trial may be given up after each

Floats = NDArray[np.float64]
Weights = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class BlendBlock:
    """Some users of a window with the standardised scores of their candidates, in places from 0 on.

    Agrees with :meth:`recommender.candidates.Candidates.blended` (a test holds it to that).

    Args:
        names: of the generators.
        scores: float32 ``(n_generators, n_users, places)``.
        codes: item codes ``(n_users, places)``, -1 where a user has fewer candidates.
        truth: rows as in ``codes``.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    codes: NDArray[np.int64]
    truth: Truth

    @classmethod
    def of(cls, candidates: Candidates, truth: Truth) -> Self:
        """Standardise every generator's scores once; a trial is then a weighted sum and a sort."""
        rows = candidates.user_code
        width = max(int(np.diff(candidates.offsets).max(initial=0)), 1)
        places = (rows, np.arange(len(rows)) - candidates.offsets[rows])
        codes = np.full((len(candidates.users), width), -1, dtype=np.int64)
        codes[places] = candidates.item_code
        scores = np.zeros((len(candidates.scores), *codes.shape), dtype=np.float32)
        for grid, values in zip(scores, candidates.scores.values(), strict=True):
            grid[places] = candidates.standardised(values)
        return cls(tuple(candidates.scores), scores, codes, truth)

    def lists(self, weights: Weights, k: int) -> NDArray[np.int64]:
        """The best ``k`` item codes of every user, -1 where there are fewer."""
        vector = np.array([weights.get(name, 0.0) for name in self.names], dtype=np.float32)
        ranking = np.tensordot(vector, self.scores, axes=1)
        places, _ = top_k(np.where(self.codes >= 0, ranking, np.float32(-np.inf)), k)
        found = np.take_along_axis(self.codes, np.maximum(places, 0), axis=1)
        return np.where(places >= 0, found, -1)

    def ndcg(self, weights: Weights, k: int) -> Floats:
        """NDCG@k of every user."""
        return per_user(self.lists(weights, k), self.truth, k)["ndcg"].to_numpy(np.float64)


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
    """Weights by generator name, and every trial. The first trial gave every generator of the start the same weight."""

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
