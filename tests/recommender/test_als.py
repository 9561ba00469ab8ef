"""ALS: what a like is worth."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import ALS, TrainingData
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


@pytest.fixture(scope="module")
def training() -> TrainingData:
    """User ``n`` likes the first ``n + 1`` of six items, so that items differ in popularity and users in length."""
    pairs = pd.DataFrame([(f"u{u}", f"i{i}") for u in range(6) for i in range(u + 1)], columns=["user_id", "item_id"])
    events = pairs.assign(ts=datetime(2026, 2, 28, tzinfo=UTC), weight=1.0)
    history = History.from_events(events, AS_OF, Vocabulary.of(f"i{i}" for i in range(7)))
    return TrainingData(history, aligned(pd.DataFrame({"item_id": history.items.ids}), history.items))


def _confidence(model: ALS, history: History) -> np.ndarray:
    return np.asarray(model._confidence(history).toarray())


def test_without_exponents_all_likes_are_worth_alpha(training: TrainingData) -> None:
    confidence = _confidence(ALS(factors=4, alpha=3.0).fit(training), training.history)
    np.testing.assert_allclose(confidence[confidence > 0], 3.0, rtol=1e-6)


def test_likes_of_long_histories_and_of_popular_items_are_worth_less(training: TrainingData) -> None:
    model = ALS(factors=4, alpha=50.0, user_exponent=-0.5, item_exponent=-0.25).fit(training)
    confidence = _confidence(model, training.history)
    np.testing.assert_allclose(confidence[1, 0] / confidence[5, 0], (6 / 2) ** 0.5, rtol=1e-5)
    np.testing.assert_allclose(confidence[5, 5] / confidence[5, 0], 6**0.25, rtol=1e-5)
    typical = np.exp(np.log(np.arange(1, 7)).mean())
    np.testing.assert_allclose(confidence[5, 0], 50 * (6 / typical) ** -0.75, rtol=1e-5)


def test_a_like_is_never_worth_less_than_nothing_known(training: TrainingData) -> None:
    model = ALS(factors=4, alpha=1.0, user_exponent=-1.0, item_exponent=-1.0).fit(training)
    confidence = _confidence(model, training.history)
    assert confidence[confidence > 0].min() >= 1


def test_the_weights_of_items_are_stored_with_the_model(training: TrainingData) -> None:
    model = ALS(factors=4, item_exponent=-0.5).fit(training)
    restored = ALS.from_state(*model.state())
    one = training.history.rows(np.array([2]))
    np.testing.assert_array_equal(restored.score(one), model.score(one))
