"""The linear blend of the generators' scores: the ranker's rival, and what orders where nothing was learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import Candidates
from recommender.metrics import Truth, hit_matrix, ideal_dcg
from recommender.topk import top_k

_SHARES: Final = (-0.1, 0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)  # of the largest weight


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

    def lists(self, weights: Mapping[str, float], k: int) -> NDArray[np.int64]:
        """The best ``k`` item codes of every user, -1 where there are fewer."""
        places, _ = top_k(self._ranking(weights), k)
        found = np.take_along_axis(self.codes, np.maximum(places, 0), axis=1)
        return np.where(places >= 0, found, -1)

    def ndcg(self, weights: Mapping[str, float], k: int) -> NDArray[np.float64]:
        """NDCG@k of every user, as :func:`recommender.metrics.per_user` has it for :meth:`lists`.

        Only the places of relevant candidates are looked up: a search asks hundreds of times.
        """
        users, places = self._hits
        theirs = self._ranking(weights)[users]
        mine = theirs[np.arange(len(users)), places][:, None]
        before = np.arange(theirs.shape[1]) < places[:, None]  # ties go to the lower item code
        rank = ((theirs > mine) | ((theirs == mine) & before)).sum(axis=1)
        gain = np.where(rank < k, 1 / np.log2(rank + 2), 0.0)
        found = np.bincount(users, weights=gain, minlength=len(self.codes))
        return np.asarray(found / ideal_dcg(self.truth.relevant, k), dtype=np.float64)

    def _ranking(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        vector = np.array([weights.get(name, 0.0) for name in self.names], dtype=np.float32)
        return np.where(self.codes >= 0, np.tensordot(vector, self.scores, axes=1), np.float32(-np.inf))

    @cached_property
    def _hits(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Users and places of the relevant candidates."""
        users, places = np.nonzero(hit_matrix(self.codes, self.truth))
        return users, places


def tuned_weights(
    blocks: Sequence[BlendBlock], first: Mapping[str, float], k: int = 10, passes: int = 2
) -> dict[str, float]:
    """Weights by generator name with the highest mean NDCG@k over the users of all blocks, one weight after the other.

    Args:
        blocks: at least one user each.
        first: where the search starts, one weight for every generator.
        k: of NDCG@k.
        passes: rounds over all generators; a round without a gain is the last.
    """
    best, weights = _mean(blocks, first, k), dict(first)
    for _ in range(passes):
        before = best
        for name in first:
            scale = max(map(abs, weights.values()), default=1.0) or 1.0
            for share in _SHARES:
                tried = {**weights, name: share * scale}
                if tried == weights:
                    continue
                found = _mean(blocks, tried, k)
                if found > best:
                    best, weights = found, tried
        if best == before:
            break
    return weights


def _mean(blocks: Sequence[BlendBlock], weights: Mapping[str, float], k: int) -> float:
    values = [block.ndcg(weights, k) for block in blocks]
    return float(np.concatenate(values).mean()) if values else 0.0
