"""Trending tells what rises from what is merely popular."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import Popularity, TrainingData
from recommender.generators.trending import Trending
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


def _training(*items: tuple[str, int, int, int]) -> TrainingData:
    """Item, users a day, first and last age in days."""
    end = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        (f"{item}{age}.{n}", item, end - timedelta(days=age - 0.5))
        for item, users, first, last in items
        for age in range(last, first + 1)
        for n in range(users)
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "ts"]).assign(weight=1.0)
    history = History.from_events(frame, AS_OF, Vocabulary.of(["fallen", "new", "rising", "steady", "untouched"]))
    return TrainingData(history, aligned(pd.DataFrame({"item_id": history.items.ids.astype(object)}), history.items))


QUICK = Trending(half_life_days=3, slow_half_life_days=30, shrink=5)
WORLD = (("steady", 20, 200, 1), ("fallen", 20, 200, 15), ("rising", 2, 200, 4), ("rising", 10, 3, 1), ("new", 6, 3, 1))


def test_rising_and_new_items_stand_above_steady_ones_and_fallen_ones_below() -> None:
    fallen, new, rising, steady, untouched = QUICK.fit(_training(*WORLD)).scores
    assert min(new, rising) > 0.5
    assert abs(steady) < 0.1
    assert fallen < -0.5
    assert untouched == 0


def test_popularity_alone_would_hide_them() -> None:
    fallen, new, rising, steady, _ = Popularity(half_life_days=30).fit(_training(*WORLD)).scores
    assert max(new, rising) < min(steady, fallen)


def test_a_single_user_is_no_trend() -> None:
    scores = QUICK.fit(_training(("new", 1, 1, 1), ("rising", 2, 200, 4), ("rising", 10, 3, 1))).scores
    assert scores[1] < scores[2] / 2


def test_the_score_is_the_shrunk_ratio_of_the_docstring() -> None:
    training = _training(("new", 4, 2, 2))
    score = QUICK.fit(training).scores[1]
    short, long = 4 * 2 ** (-1.5 / 3), 4 * 2 ** (-1.5 / 30)
    np.testing.assert_allclose(score, np.log2((short + 5) / (long * 3 / 30 + 5)), rtol=1e-5)


def test_half_lives_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"half_life_days < slow_half_life_days.*30.*3"):
        Trending(half_life_days=30, slow_half_life_days=3)
