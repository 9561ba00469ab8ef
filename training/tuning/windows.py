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

    def ndcg(self, generator: Generator, k: int) -> NDArray[np.float64]:
        """NDCG@k of every evaluated user under one fitted generator alone; full ranking, seen items masked."""
        lists = np.concatenate([self._lists(generator, codes, k) for codes in batches(self.history)])
        return per_user(lists, self.truth, k)["ndcg"].to_numpy(np.float64)

    def _lists(self, generator: Generator, codes: NDArray[np.int64], k: int) -> NDArray[np.int64]:
        batch = self.history.rows(codes)
        return top_k(generator.score(batch), k, batch.seen())[0]


def _sampled(truth: Truth, users: int | None, seed: int) -> Truth:
    count = len(truth.users)
    if users is None or count <= users:
        return truth
    chosen = np.sort(np.random.default_rng(seed).choice(count, users, replace=False))
    return truth.rows(chosen)
