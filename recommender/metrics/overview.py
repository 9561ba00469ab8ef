"""All metrics of a set of lists as one table: quality by part, then what the lists are like."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.history import History
from recommender.metrics.breakdown import PARTS, breakdown
from recommender.metrics.diversity import Vectors, diversity
from recommender.metrics.exposure import coverage, gini, popularity_lift, recommendation_popularity
from recommender.metrics.interval import Estimate, interval
from recommender.metrics.novelty import novelty
from recommender.metrics.serendipity import serendipity
from recommender.metrics.truth import Truth

QUALITY = ("ndcg", "recall", "map", "mrr", "precision", "hit_rate")


@dataclass(frozen=True, eq=False)
class Background:
    """What lists are seen against.

    Args:
        history: of all training users at the cutoff.
        vectors: one row per item, for the diversity: categories, words or an embedding.
    """

    history: History
    vectors: Vectors

    @property
    def users_of_item(self) -> NDArray[np.int64]:
        """How many training users met each item."""
        return np.bincount(self.history.weights.indices, minlength=len(self.history.items)).astype(np.int64)

    def popular(self, users: NDArray[np.str_], k: int) -> NDArray[np.int64]:
        """The ``k`` items that most users met, without those that each user met already; -1 where there are fewer."""
        order = np.argsort(-self.users_of_item, kind="stable")
        seen = self.history.of_users(users).weights
        lists = np.full((len(users), k), -1, dtype=np.int64)
        for user in range(len(users)):
            met = seen.indices[seen.indptr[user] : seen.indptr[user + 1]]
            head = order[: k + len(met)]
            fresh = head[~np.isin(head, met)][:k]
            lists[user, : len(fresh)] = fresh
        return lists


def overview(lists: NDArray[np.int64], truth: Truth, background: Background, k: int) -> pd.DataFrame:
    """Every metric with its interval over users.

    Args:
        lists: item codes ``(len(truth.users), >= 1)``, best first, -1 where a list is short.
        truth: rows in the order of ``lists``.
        background: of the same items.
        k: cut of the lists.

    Returns:
        ``part metric value lower upper users``; :data:`QUALITY` for every part of
        :func:`~recommender.metrics.breakdown.breakdown` that has users, then, for all users, ``serendipity novelty
        diversity popularity popularity_lift coverage gini``.
    """
    met = background.users_of_item
    parts = breakdown(lists, truth, background.history, met, k)
    rows = [
        {"part": part, "metric": metric, **asdict(interval(parts.loc[parts["part"] == part, metric]))}
        for part in PARTS
        if (parts["part"] == part).any()
        for metric in QUALITY
    ]
    for metric, estimate in _of_lists(lists[:, :k], truth, background, k).items():
        rows.append({"part": "all", "metric": metric, **asdict(estimate)})
    return pd.DataFrame(rows, columns=["part", "metric", "value", "lower", "upper", "users"])


def _of_lists(lists: NDArray[np.int64], truth: Truth, background: Background, k: int) -> dict[str, Estimate]:
    met, users, items = background.users_of_item, len(background.history.users), len(truth.items)
    own = background.history.of_users(truth.users.ids).weights
    expected = background.popular(truth.users.ids, k)
    return {
        "serendipity": interval(serendipity(lists, expected, truth, k)),
        "novelty": interval(novelty(lists, met, users)),
        "diversity": interval(diversity(lists, background.vectors)),
        "popularity": interval(recommendation_popularity(lists, met, users)),
        "popularity_lift": interval(popularity_lift(lists, own, met)),
        "coverage": coverage(lists, items),
        "gini": gini(lists, items),
    }
