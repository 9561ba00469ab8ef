"""The same lists judged by ranx, an independent implementation; runs where it is installed (``pip install ranx``)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.metrics import per_user

ranx = pytest.importorskip("ranx", reason="ranx is not installed: the naive loops beside this file still check")

K = 10
USERS = 200


@pytest.fixture(scope="module")
def judged() -> tuple[Any, dict[str, np.ndarray]]:
    """Random lists of 30 over 100 items, 1 to 20 of them relevant: per user here, and by ranx."""
    from datetime import date

    import pandas as pd

    from recommender.history import History
    from recommender.metrics import truth_of
    from recommender.vocabulary import Vocabulary

    rng = np.random.default_rng(11)
    items = Vocabulary(np.array([f"i{n:03d}" for n in range(100)]))
    lists = np.stack([rng.permutation(100)[:30] for _ in range(USERS)])
    relevant = [rng.choice(100, rng.integers(1, 21), replace=False) for _ in range(USERS)]
    rows = [(f"u{user:03d}", items.ids[item]) for user, liked in enumerate(relevant) for item in liked]
    holdout = pd.DataFrame(rows, columns=["user_id", "item_id"])
    truth = truth_of(holdout, History.empty(Vocabulary.empty(), items, date(2026, 1, 1)))
    qrels = ranx.Qrels({f"u{n:03d}": {items.ids[i]: 1 for i in liked} for n, liked in enumerate(relevant)})
    run = ranx.Run({f"u{n:03d}": {items.ids[i]: 100.0 - p for p, i in enumerate(row)} for n, row in enumerate(lists)})
    names = [f"{name}@{K}" for name in ("ndcg", "recall", "map", "mrr", "precision", "hit_rate")]
    return per_user(lists, truth, K), ranx.evaluate(qrels, run, names, return_mean=False)


@pytest.mark.parametrize("name", ["ndcg", "recall", "mrr", "precision", "hit_rate"])
def test_metrics_equal_those_of_ranx(judged: tuple[Any, dict[str, np.ndarray]], name: str) -> None:
    ours, theirs = judged
    np.testing.assert_allclose(ours[name], theirs[f"{name}@{K}"], atol=1e-12)


def test_average_precision_differs_only_in_its_divisor(judged: tuple[Any, dict[str, np.ndarray]]) -> None:
    ours, theirs = judged
    # ranx divides by all relevant items, we by those that fit into the list
    divided = ours["map"] * np.minimum(ours["relevant"], K) / ours["relevant"]
    np.testing.assert_allclose(divided, theirs[f"map@{K}"], atol=1e-12)
