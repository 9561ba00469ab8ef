"""Last basket knows what follows; plain neighbours only know what goes together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from recommender.catalogue import aligned
from recommender.generators import ItemItem, TrainingData
from recommender.generators.last_basket import LastBasket
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
ITEMS = Vocabulary.of("abcdef")
Row = tuple[str, str, float]


def _history(rows: list[Row]) -> History:
    """Rows of user, item, age in days."""
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "age"])
    frame["ts"] = [datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=age) for age in frame["age"]]
    return History.from_events(frame.assign(weight=1.0), AS_OF, ITEMS)


def _training(rows: list[Row]) -> TrainingData:
    history = _history(rows)
    return TrainingData(history, aligned(pd.DataFrame({"item_id": list("abcdef")}), history.items))


def _journeys() -> list[Row]:
    """Everybody takes three of a, b, c, d, e on following days: always from one letter to the next of the ring."""
    ring = "abcde"
    return [(f"u{n}", ring[(n + step) % 5], 10.0 - 2 * step) for n in range(50) for step in range(3)]


def test_the_next_item_follows_the_last_one_where_plain_neighbours_cannot_tell() -> None:
    training, user = _training(_journeys()), _history([("new", "c", 3.0)])
    ahead = LastBasket(within=0.0).fit(training).score(user)[0]
    assert ahead.argmax() == ITEMS.codes(["d"])[0]
    together = ItemItem(measure="cosine").fit(training).score(user)[0]
    before, after = together[ITEMS.codes(["b", "d"])]
    np.testing.assert_allclose(before, after, rtol=1e-5)


def test_the_last_basket_counts_more_than_earlier_ones() -> None:
    fitted = LastBasket(within=0.0, half_life_days=3.0).fit(_training(_journeys()))
    scores = fitted.score(_history([("new", "a", 30.0), ("new", "c", 3.0)]))[0]
    first, last = scores[ITEMS.codes(["b", "d"])]
    assert last > 10 * first


def test_items_of_one_basket_follow_each_other_only_when_asked() -> None:
    training = _training([(f"u{n}", item, 5.0) for n in range(5) for item in "ab"])
    user = _history([("new", "a", 1.0)])
    assert LastBasket(within=0.0).fit(training).score(user).max() == 0
    assert LastBasket(within=1.0).fit(training).score(user)[0].argmax() == 1


def test_old_baskets_count_less() -> None:
    rows = [(f"o{n}", item, 200.0 - k) for n in range(9) for k, item in enumerate("ab")]
    rows += [(f"n{n}", item, 9.0 - k) for n in range(3) for k, item in enumerate("ac")]
    user = _history([("new", "a", 1.0)])
    quick, slow = (LastBasket(memory_days=days).fit(_training(rows)).score(user)[0] for days in (10.0, 10_000.0))
    assert quick[2] > quick[1]
    assert slow[1] > slow[2]


def test_transitions_are_bounded_by_the_neighbours_and_never_lead_back() -> None:
    transitions = LastBasket(neighbours=1, gap_days=30).fit(_training(_journeys())).transitions
    assert np.diff(transitions.indptr).max() == 1
    assert (transitions.diagonal() == 0).all()


def test_weights_are_the_formula_of_the_docstring() -> None:
    rows = [("u", "a", 4.0), ("u", "b", 4.0), ("u", "c", 2.0), ("v", "a", 1.0)]
    fitted = (
        LastBasket(within=0.5, memory_days=8.0, damping=0.25, shrink=1.0).fit(_training(rows)).transitions.toarray()
    )
    fade, a, b, c = 2**-0.5, 2 + 1.0, 1 + 1.0, 1 + 1.0
    np.testing.assert_allclose(fitted[0, 1], fade * 0.5**0.5 * 0.5 * 0.5**0.5 / (a**0.5 * b**0.25), rtol=1e-5)
    np.testing.assert_allclose(fitted[0, 2], fade * 0.5**0.5 / (a**0.5 * c**0.25), rtol=1e-5)
    assert fitted[2].sum() == 0
