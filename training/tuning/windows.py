"""What a search is judged on: histories before a cutoff, and what their users liked after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.generators import Generator, TrainingData
from recommender.history import History
from recommender.metrics import Truth, per_user, truth_of
from recommender.retrieval import batches
from recommender.topk import top_k

Scores = NDArray[np.float32]

_FLAT = 1e-9  # a user whose items all score alike


@dataclass(frozen=True, eq=False)
class TuningWindow:
    """One cutoff. Timed data give several windows; a random split gives one.

    Args:
        training: what generators are fitted on, all users before the cutoff.
        history: of the evaluated users before the cutoff, rows as in ``truth``.
        truth: what they liked after it and had not seen.
    """

    training: TrainingData
    history: History
    truth: Truth

    @classmethod
    def of(cls, training: TrainingData, holdout: pd.DataFrame, users: int | None = None) -> Self:
        """The users of ``holdout`` (``user_id item_id``, positive events), at most ``users`` drawn by the seed.

        Raises:
            ValueError: no user has anything in the holdout that was not seen before.
        """
        truth = truth_of(holdout, training.history)
        if len(truth.users) == 0:
            raise ValueError(
                f"a search needs users who like something new after the cutoff; found none in {len(holdout)} rows of "
                "the holdout: give a later or longer one"
            )
        truth = _sampled(truth, users, training.seed)
        return cls(training, training.history.of_users(truth.users.ids), truth)

    def ndcg(self, generator: Generator, k: int, beside: Scores | None = None) -> NDArray[np.float64]:
        """NDCG@k of every evaluated user under one fitted generator; full ranking, seen items masked.

        Args:
            generator: fitted on ``training``.
            k: cut of the lists.
            beside: float32 ``(n_users, n_items)``, added to the generator's standardised scores.
        """
        lists = np.concatenate([self._lists(generator, codes, k, beside) for codes in batches(self.history)])
        return per_user(lists, self.truth, k)["ndcg"].to_numpy(np.float64)

    def standardised(self, generator: Generator) -> Scores:
        """Scores with mean 0 and deviation 1 over every user's unseen items; float32 ``(n_users, n_items)``."""
        parts = (self.history.rows(codes) for codes in batches(self.history))
        return np.concatenate([_standardised(generator.score(rows), rows) for rows in parts])

    def _lists(
        self, generator: Generator, codes: NDArray[np.int64], k: int, beside: Scores | None
    ) -> NDArray[np.int64]:
        rows = self.history.rows(codes)
        scores = generator.score(rows)
        if beside is not None:
            scores = _standardised(scores, rows) + beside[codes]
        return top_k(scores, k, rows.seen())[0]


def _standardised(scores: Scores, history: History) -> Scores:
    unseen = 1 - history.seen().toarray().astype(np.float32)
    count = np.maximum(unseen.sum(axis=1, keepdims=True), 1)
    centred = scores - (scores * unseen).sum(axis=1, keepdims=True) / count
    spread = np.sqrt((np.square(centred) * unseen).sum(axis=1, keepdims=True) / count)
    return np.asarray(centred / np.where(spread > _FLAT, spread, np.inf), dtype=np.float32)


def _sampled(truth: Truth, users: int | None, seed: int) -> Truth:
    count = len(truth.users)
    if users is None or count <= users:
        return truth
    chosen = np.sort(np.random.default_rng(seed).choice(count, users, replace=False))
    return truth.rows(chosen)
