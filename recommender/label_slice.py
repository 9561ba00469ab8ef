"""What users liked in the days after a cutoff, beside everything that was proposed to them as of that cutoff."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.blend import BlendBlock
from recommender.candidates import Candidates
from recommender.history import History
from recommender.metrics import Truth, hit_pairs, per_user
from recommender.ranker import Labelled
from recommender.sampling import sampled_rows
from recommender.spine import Spine

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LabelSlice:
    """Candidates of a spine without a ranker, with the ranker's columns and targets.

    Args:
        candidates: all rows of all users, sorted by user.
        matrix: the ranker's columns, one row a candidate.
        relevant: bool, one a candidate.
        truth: what the users liked after the spine's as-of; rows as ``candidates.users``.
        known: bool per user, False for users of whom nothing was liked before.
    """

    candidates: Candidates
    matrix: NDArray[np.float32]
    relevant: Rows
    truth: Truth
    known: Rows

    @classmethod
    def of(cls, spine: Spine, history: History, users: pd.DataFrame, truth: Truth) -> Self:
        """Let ``spine`` propose to the truth's users.

        Args:
            spine: fitted before the truth begins.
            history: of the truth's users in its order, before the truth begins.
            users: their features as of then.
            truth: what they liked afterwards.
        """
        rows = list(spine.columns(history, users))
        names = [generator.name for generator in spine.generators]
        scores = np.concatenate([pairs.scores for pairs, _ in rows])
        users_of, items = (np.concatenate([getattr(p, n) for p, _ in rows]) for n in ("user_code", "item_code"))
        candidates = Candidates(
            users=history.users,
            items=history.items,
            user_code=users_of,
            item_code=items,
            scores={name: np.ascontiguousarray(scores[:, n]) for n, name in enumerate(names)},
            parent=np.zeros(len(users_of), dtype=np.float32),
            from_parent=np.ones(len(users_of), dtype=np.bool_),
        )
        relevant = hit_pairs(users_of, items, truth)
        known = np.diff(history.liked().indptr) > 0
        return cls(candidates, np.concatenate([matrix for _, matrix in rows]), relevant, truth, known)

    @property
    def labelled(self) -> int:
        """Users with at least one relevant candidate."""
        return len(np.unique(self.candidates.user_code[self.relevant]))

    def sample(self, users: Rows, negatives: int, seed: int) -> Labelled:
        """A training sample of some users (bool per user): every relevant row and ``negatives`` others."""
        rows = np.flatnonzero(users[self.candidates.user_code])
        owner, relevant = self.candidates.user_code[rows], self.relevant[rows]
        chosen = sampled_rows(owner, relevant, negatives, seed)
        groups = np.unique(owner[chosen], return_counts=True)[1].astype(np.int64)
        return Labelled(self.matrix[rows[chosen]], relevant[chosen], groups)

    def ndcg(self, ranking: NDArray[np.float32], k: int) -> Floats:
        """NDCG@k of every user when ``ranking``, one score a candidate, orders."""
        return per_user(self.candidates.top(ranking, k)[0], self.truth, k)["ndcg"].to_numpy(np.float64)

    def block(self, users: Rows) -> BlendBlock:
        """Some users' candidates for a search of the blend's weights."""
        return BlendBlock.of(self._of(users), self.truth.rows(np.flatnonzero(users)))

    def _of(self, users: Rows) -> Candidates:
        everybody = self.candidates
        rows = np.flatnonzero(users[everybody.user_code])
        place = np.cumsum(users) - 1
        return replace(
            everybody,
            users=self.truth.rows(np.flatnonzero(users)).users,
            user_code=place[everybody.user_code[rows]],
            item_code=everybody.item_code[rows],
            scores={name: scores[rows] for name, scores in everybody.scores.items()},
            parent=everybody.parent[rows],
            from_parent=everybody.from_parent[rows],
        )
