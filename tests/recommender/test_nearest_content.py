from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.generators.nearest_content import NearestContent
from recommender.history import History
from recommender.vocabulary import Vocabulary

TITLES = {"a": "red retrospot bag", "b": "blue retrospot bag", "c": "wooden clock", "d": "oak clock", "e": "candle"}


def _scores(*liked: tuple[str, int], half_life: float = 180.0) -> dict[str, float]:
    """Rows of item, day of February; the user's scores by item."""
    events = pd.DataFrame(list(liked), columns=["item_id", "day"]).assign(user_id="u", weight=3.0)
    events["ts"] = [datetime(2026, 2, day, tzinfo=UTC) for day in events["day"]]
    items = Vocabulary.of(TITLES)
    history = History.from_events(events, date(2026, 3, 1), items)
    frame = pd.DataFrame({"item_id": list(TITLES), "title": list(TITLES.values())})
    fitted = NearestContent(half_life_days=half_life).fit(TrainingData(history, aligned(frame, items)))
    return dict(zip(items.ids.tolist(), fitted.score(history)[0].tolist(), strict=True))


def test_one_like_item_is_enough_however_much_else_was_liked() -> None:
    narrow, wide = _scores(("a", 20)), _scores(("a", 20), ("c", 20), ("e", 20))
    assert narrow["b"] == wide["b"] > 0
    assert wide["d"] > 0


def test_an_item_is_not_like_itself_and_unlike_items_score_nothing() -> None:
    scores = _scores(("a", 20))
    assert (scores["a"], scores["c"], scores["e"]) == (0, 0, 0)


def test_old_likes_fade_behind_the_newest() -> None:
    faded = _scores(("a", 1), ("e", 28), half_life=27.0)
    assert np.isclose(faded["b"], _scores(("a", 28))["b"] / 2)
