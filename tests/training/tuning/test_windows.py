from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recommender.generators import Popularity
from recommender.generators.ease import EASE
from recommender.metrics import per_user
from training.tuning import TuningWindow


def test_a_generator_is_judged_on_the_full_ranking_of_unseen_items(windows: list[TuningWindow]) -> None:
    window = windows[0]
    fitted = EASE().fit(window.training)
    scores = np.where(window.history.seen().toarray(), -np.inf, fitted.score(window.history))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    np.testing.assert_allclose(window.ndcg(fitted, 10), per_user(best, window.truth, 10)["ndcg"])


def test_two_generators_are_judged_by_the_sum_of_their_standardised_scores(windows: list[TuningWindow]) -> None:
    window = windows[0]
    ease, popular = EASE().fit(window.training), Popularity().fit(window.training)
    seen = window.history.seen().toarray()
    total = np.zeros(seen.shape)
    for generator in (ease, popular):
        scores = np.ma.array(generator.score(window.history), mask=seen)
        total += np.ma.getdata((scores - scores.mean(axis=1)[:, None]) / scores.std(axis=1)[:, None])
    best = np.argsort(-np.where(seen, -np.inf, total), axis=1, kind="stable")[:, :10]
    together = window.ndcg(ease, 10, beside=window.standardised(popular))
    np.testing.assert_allclose(together, per_user(best, window.truth, 10)["ndcg"])


def test_a_sample_of_users_keeps_their_own_truth_and_history(windows: list[TuningWindow]) -> None:
    training = windows[0].training
    users, items = windows[0].truth.users.ids, windows[0].truth.items.ids
    rows, columns = windows[0].truth.matrix.nonzero()
    holdout = pd.DataFrame({"user_id": users[rows].astype(object), "item_id": items[columns].astype(object)})
    some = TuningWindow.of(training, holdout, users=20)
    again = TuningWindow.of(training, holdout, users=20)
    assert len(some.truth.users) == len(some.history.users) == 20
    np.testing.assert_array_equal(some.truth.users.ids, again.truth.users.ids)
    where = windows[0].truth.users.codes(some.truth.users.ids)
    np.testing.assert_array_equal(some.truth.matrix.toarray(), windows[0].truth.matrix[where].toarray())
    np.testing.assert_array_equal(some.history.users.ids, some.truth.users.ids)


def test_a_holdout_without_anything_new_is_refused_with_advice(windows: list[TuningWindow]) -> None:
    with pytest.raises(ValueError, match="give a later or longer one"):
        TuningWindow.of(windows[0].training, pd.DataFrame({"user_id": [], "item_id": []}, dtype=object))
