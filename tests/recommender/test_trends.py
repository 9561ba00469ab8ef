from datetime import date

import numpy as np
import pandas as pd
import pytest

from recommender.history import History
from recommender.trends import TREND_FEATURES, item_trends
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


def _trends(*rows: tuple[str, str, float, float]) -> dict[str, list[float]]:
    """Rows of user, item, age in days, weight."""
    frame = pd.DataFrame(list(rows), columns=["user_id", "item_id", "age", "weight"])
    frame["ts"] = pd.Timestamp(AS_OF, tz="UTC") - pd.to_timedelta(frame["age"], unit="D")
    found = item_trends(History.from_events(frame, AS_OF, Vocabulary.of("abc")))
    return dict(zip(TREND_FEATURES, found.T.tolist(), strict=True))


def test_adopters_are_counted_once_at_their_first_event() -> None:
    found = _trends(("u", "a", 20, 1), ("u", "a", 1, 1), ("v", "a", 2, 1), ("v", "b", 40, 1))
    assert found["adopters_3"] == [3, 0, 0]
    assert found["adopters_28"] == [3, 0, 0]
    assert found["adopters"] == pytest.approx([2, 1, 0])
    assert found["weight_each"] == [1.5, 1, 0]


def test_ages_count_from_the_first_and_the_last_adoption() -> None:
    found = _trends(("u", "a", 20, 1), ("v", "a", 2, 1))
    assert (found["age_days"][0], found["idle_days"][0]) == (20, 2)
    assert np.isnan(found["age_days"][1])


def test_what_comes_back_is_no_adoption() -> None:
    found = _trends(("u", "a", 9, 1), ("v", "a", 8, 1), ("v", "a", 3, -1))
    assert found["returned"][0] == pytest.approx(1 / 4)
    assert found["age_days"][0] == 9


def test_a_rise_is_positive_and_steadiness_is_zero() -> None:
    rising = [(f"u{n}", "a", 2, 1.0) for n in range(20)]
    steady = [(f"u{n}", "b", 0.5 + 1.4 * n, 1.0) for n in range(20)]
    found = _trends(*rising, *steady)
    assert found["adopters_rise"][0] > 1
    assert abs(found["adopters_rise"][1]) < 0.2


def test_nobody_and_nothing_give_no_rows_and_no_error() -> None:
    nothing = History.empty(Vocabulary.empty(), Vocabulary.empty(), AS_OF)
    assert item_trends(nothing).shape == (0, len(TREND_FEATURES))
