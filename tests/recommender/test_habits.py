from datetime import date

import numpy as np
import pandas as pd

from recommender.habits import HABIT_FEATURES, user_habits
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


def test_habits_are_read_off_the_row() -> None:
    rows = [("u", "a", 2.2), ("u", "b", 2.4), ("u", "c", 40.0), ("v", "a", 5.0)]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "age"]).assign(weight=1.0)
    frame["ts"] = pd.Timestamp(AS_OF, tz="UTC") - pd.to_timedelta(frame["age"], unit="D")
    history = History.from_events(frame, AS_OF)
    found = [dict(zip(HABIT_FEATURES, row, strict=True)) for row in user_habits(history).tolist()]
    assert {name: round(value, 3) for name, value in found[0].items()} == {
        "liked_items": 3, "liked_days": 2, "idle_days": 2.2, "last_basket": 2, "liked_28": 2, "per_day": 1.5,
    }  # fmt: skip
    assert found[1]["last_basket"] == 1


def test_a_user_without_history_has_counts_of_zero_and_no_last_visit() -> None:
    nobody = History.empty(Vocabulary.of("u"), Vocabulary.of("ab"), AS_OF)
    row = dict(zip(HABIT_FEATURES, user_habits(nobody)[0].tolist(), strict=True))
    assert row["liked_items"] == row["last_basket"] == 0
    assert np.isnan(row["idle_days"])
