"""Returns and low ratings through event weights, history and generators: what they push down."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from interactions.weights import EventWeights
from recommender.catalogue import aligned
from recommender.generators import ALS, Generator, ItemItem, TrainingData
from recommender.generators.ease import EASE
from recommender.history import History
from recommender.preprocessing import Preprocessing, PreprocessingSettings
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
ITEMS = Vocabulary.of(["boots", "laces", "polish", "novel", "lamp", "bulb"])
Row = tuple[str, str, str, float]  # user, item, event type, value


def _events(rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "event_type", "value"])
    frame["ts"] = pd.Timestamp(2026, 2, 1, tz="UTC") + pd.to_timedelta(np.arange(len(frame)), unit="m")
    return frame.assign(weight=EventWeights().confidence(frame))


# boots go with laces and polish, a lamp goes with a bulb
CROWD: list[Row] = [
    *((f"walker{n}", item, "purchase", 9.0) for n in range(12) for item in ("boots", "laces", "polish")),
    *((f"reader{n}", item, "purchase", 9.0) for n in range(12) for item in ("lamp", "bulb", "novel")),
]
KINDS: list[Generator] = [
    ItemItem(regularisation=1.0),
    ItemItem(measure="cosine"),
    EASE(regularisation=1.0),
    ALS(factors=4, iterations=5, regularisation=1.0),
]


def _lead(kind: Generator, rows: list[Row]) -> float:
    """By how much the laces, which go with the boots, score above the bulb, which goes with the lamp."""
    history = History.from_events(_events([*CROWD, *rows]), AS_OF, ITEMS)
    fitted = kind.fit(TrainingData(history, aligned(pd.DataFrame({"item_id": ITEMS.ids}), ITEMS)))
    scores: NDArray[np.float32] = fitted.score(history.of_users(np.array(["u"])))[0]
    laces, bulb = ITEMS.codes(["laces", "bulb"])
    return float(scores[laces] - scores[bulb])


BOUGHT: list[Row] = [("u", "boots", "purchase", 9.0), ("u", "lamp", "view", 0.0)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{type(kind).__name__}-{getattr(kind, 'measure', '')}")
def test_a_returned_items_neighbours_lose_rank(kind: Generator) -> None:
    kept, returned = _lead(kind, BOUGHT), _lead(kind, [*BOUGHT, ("u", "boots", "return", 9.0)])
    assert returned < kept
    assert returned < 0, "only the look at the lamp is left"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{type(kind).__name__}-{getattr(kind, 'measure', '')}")
def test_a_low_ratings_neighbours_lose_rank(kind: Generator) -> None:
    liked, disliked = (_lead(kind, [("u", "boots", "rating", points), BOUGHT[1]]) for points in (5.0, 1.0))
    assert disliked < liked
    assert disliked < 0


def test_a_return_takes_back_one_purchase() -> None:
    twice = [*BOUGHT, BOUGHT[0], ("u", "boots", "return", 9.0)]
    history = History.from_events(_events(twice), AS_OF, ITEMS)
    assert history.liked()[0, ITEMS.codes(["boots"])[0]] == 5.0


def test_a_returned_item_was_seen_and_is_not_proposed_again() -> None:
    history = History.from_events(_events([*BOUGHT, ("u", "boots", "return", 9.0)]), AS_OF, ITEMS)
    boots = ITEMS.codes(["boots"])[0]
    assert history.seen()[0, boots]
    assert history.liked()[0, boots] == 0


def test_looks_before_a_returned_purchase_still_count() -> None:
    """What the weights say today: a return takes back the purchase, not the interest."""
    rows: list[Row] = [("u", "boots", kind, 9.0) for kind in ("view", "add_to_cart", "purchase", "return")]
    history = History.from_events(_events(rows), AS_OF, ITEMS)
    assert history.liked()[0, ITEMS.codes(["boots"])[0]] == 4.0


def test_a_rating_below_the_users_own_mean_is_negative_once_centred() -> None:
    rows: list[Row] = [("u", item, "rating", 5.0) for item in ("boots", "laces", "polish")]
    events = _events([*rows, ("u", "novel", "rating", 3.0), ("other", "lamp", "rating", 1.0)])
    nobody = pd.DataFrame({"user_id": ["u"]})
    items = pd.DataFrame({"item_id": ITEMS.ids})
    settings = PreprocessingSettings(centre_ratings=True)
    weighted = Preprocessing.fit(nobody, items, events, settings).weighted(events, AS_OF)
    me = np.array(["u"])
    raw, centred = (History.from_events(frame, AS_OF, ITEMS).of_users(me) for frame in (events, weighted))
    novel = ITEMS.codes(["novel"])[0]
    assert raw.liked()[0, novel] > 0, "three points are above the neutral 2.5"
    assert centred.weights[0, novel] < 0
