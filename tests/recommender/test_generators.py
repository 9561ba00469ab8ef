"""What each generator knows that the others do not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import ALS, Content, ItemItem, Popularity, TrainingData
from recommender.generators.content import documents
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


def _history(*rows: tuple[str, str, int, float]) -> History:
    """Rows of user, item, day of February, weight."""
    frame = pd.DataFrame(list(rows), columns=["user_id", "item_id", "day", "weight"])
    frame["ts"] = [datetime(2026, 2, day, tzinfo=UTC) for day in frame["day"]]
    return History.from_events(frame, AS_OF, Vocabulary.of("abcde"))


def _training(history: History, **columns: list[str]) -> TrainingData:
    items = pd.DataFrame({"item_id": list("abcde")} | columns)
    return TrainingData(history, aligned(items, history.items))


def test_popularity_forgets_old_favourites() -> None:
    history = _history(*((f"u{n}", "a", 1, 1.0) for n in range(3)), ("u8", "b", 28, 1.0), ("u9", "b", 28, 1.0))
    quick = Popularity(half_life_days=2).fit(_training(history)).scores
    slow = Popularity(half_life_days=1000).fit(_training(history)).scores
    assert quick[1] > quick[0]
    assert slow[0] > slow[1]


def test_adoptions_count_the_first_event_of_a_pair_and_no_later_one() -> None:
    again = [(f"u{n}", "a", day, 1.0) for n in range(3) for day in (1, 28)]
    history = _history(*again, ("u8", "b", 28, 1.0), ("u9", "b", 28, -1.0))
    events = Popularity(half_life_days=2).fit(_training(history)).scores
    adoptions = Popularity(half_life_days=2, counted="adoptions").fit(_training(history)).scores
    assert events[0] > events[1]
    assert adoptions[1] == 1
    assert adoptions[0] == pytest.approx(3 * 2 ** (-27 / 2), rel=1e-5)


def test_newcomers_popularity_counts_users_who_are_new() -> None:
    old = [(f"u{n}", "a", day, 1.0) for n in range(3) for day in (1, 27)]
    history = _history(*old, *((f"u{n}", "b", 28, 1.0) for n in range(3)), ("new", "c", 27, 1.0))
    scores = Popularity(counted="newcomers", newcomer_days=7).fit(_training(history)).scores
    np.testing.assert_array_equal(scores, [0, 0, 1, 0, 0])


def test_popularity_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'sales'"):
        Popularity(counted="sales")  # type: ignore[arg-type]


def test_logarithmic_popularity_keeps_the_order_and_narrows_the_gaps() -> None:
    history = _history(*((f"u{n}", "a", 20, 1.0) for n in range(50)), *((f"u{n}", "b", 20, 1.0) for n in range(5)))
    plain = Popularity().fit(_training(history)).scores
    damped = Popularity(logarithmic=True).fit(_training(history)).scores
    np.testing.assert_array_equal(np.argsort(plain), np.argsort(damped))
    assert plain[1] < damped[1] < damped[0] == 1


def test_popularity_counts_one_loud_user_up_to_the_cap() -> None:
    history = _history(("bot", "a", 28, 1e6), *((f"u{n}", "b", 28, 1.0) for n in range(4)))
    scores = Popularity(cap=3.0).fit(_training(history)).scores
    assert scores[1] > scores[0]


def test_returned_items_are_no_evidence_of_taste() -> None:
    history = _history(("u1", "a", 10, 1.0), ("u1", "a", 11, -2.0), ("u2", "b", 12, 1.0))
    scores = Popularity().fit(_training(history)).scores
    assert scores[0] == 0
    assert scores[1] == 1


def test_item_item_proposes_what_others_liked_together() -> None:
    together = [(f"u{n}", item, 20, 1.0) for n in range(5) for item in "ab"]
    alone = [(f"v{n}", "c", 20, 1.0) for n in range(9)]
    model = ItemItem().fit(_training(_history(*together, *alone)))
    scores = model.score(_history(("new", "a", 25, 1.0)))[0]
    assert scores[1] > 0
    assert scores[1] > scores[2]
    assert scores[0] == 0, "an item is not its own neighbour"


def test_a_large_catalogue_gets_cosine_instead_of_ease() -> None:
    history = _history(("u", "a", 20, 1.0), ("u", "b", 20, 1.0), ("v", "a", 20, 1.0))
    wide, cosine = (ItemItem(**kind).fit(_training(history)) for kind in ({"ease_items": 4}, {"measure": "cosine"}))
    np.testing.assert_array_equal(wide.similarity.toarray(), cosine.similarity.toarray())


def test_als_fold_in_solves_the_normal_equations() -> None:
    history = _history(*((f"u{n}", "abcde"[(n + s) % 5], 20 + s, 1.0 + n % 3) for n in range(30) for s in range(2)))
    model = ALS(factors=4, regularisation=0.5, iterations=5).fit(_training(history))
    factors, confidence = model.user_factors(history), model._confidence(history).toarray().astype(np.float64)
    y = model.item_factors.astype(np.float64)
    for user in range(4):
        c = np.where(confidence[user] > 0, confidence[user], 1.0)
        left = y.T @ np.diag(c) @ y + 0.5 * np.eye(4)
        right = y.T @ confidence[user]
        np.testing.assert_allclose(factors[user], np.linalg.solve(left, right), rtol=1e-3, atol=1e-4)


def test_content_reaches_items_that_nobody_touched() -> None:
    history = _history(("u1", "a", 20, 1.0), ("u2", "c", 20, 1.0))
    words = ["red boots", "blue boots", "novel", "lamp", "chair"]
    scores = Content().fit(_training(history, title=words)).score(history)
    assert scores[0, 1] > scores[0, 2:].max()


def test_piped_categories_become_single_words() -> None:
    items = pd.DataFrame({"item_id": ["a", "b"], "category": ["Action|Sci-Fi", None], "title": ["Alien", None]})
    assert documents(items) == ["Alien category_action category_sci_fi", " "]
