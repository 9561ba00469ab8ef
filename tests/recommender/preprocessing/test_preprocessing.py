import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from recommender.preprocessing import Preprocessing, PreprocessingSettings

USERS = pd.DataFrame({"user_id": ["u", "v"], "age": [30.0, np.nan], "gender": ["f", "m"]})
ITEMS = pd.DataFrame({"item_id": ["a", "b"], "price": [2.0, 8.0], "brand": ["k", "l"], "title": ["one", "two"]})
EVENTS = pd.DataFrame(
    {
        "user_id": ["generous"] * 3 + ["strict"] * 3,
        "item_id": ["a", "b", "a", "a", "b", "b"],
        "event_type": ["rating", "rating", "purchase", "rating", "rating", "view"],
        "weight": [5.0, 3.0, 5.0, 1.0, -1.0, 1.0],
        "ts": pd.Timestamp(2026, 2, 1, tz="UTC"),
    }
)
AS_OF = date(2026, 3, 1)
CENTRED = PreprocessingSettings(centre_ratings=True, rating_strength=0.0)


def test_what_was_saved_transforms_to_identical_bytes() -> None:
    fitted = Preprocessing.fit(USERS, ITEMS, EVENTS, PreprocessingSettings(centre_ratings=True, missing="impute"))
    arrays, config = fitted.state()
    restored = Preprocessing.from_state(arrays, json.loads(json.dumps(config, allow_nan=False)))
    assert restored.users.transform(USERS).tobytes() == fitted.users.transform(USERS).tobytes()
    assert restored.items.transform(ITEMS).tobytes() == fitted.items.transform(ITEMS).tobytes()
    assert (
        restored.weighted(EVENTS, AS_OF)["weight"].to_numpy().tobytes()
        == fitted.weighted(EVENTS, AS_OF)["weight"].to_numpy().tobytes()
    )
    assert restored.report == fitted.report


def test_words_and_ids_are_no_columns() -> None:
    fitted = Preprocessing.fit(USERS, ITEMS, EVENTS, PreprocessingSettings())
    assert fitted.items.names == ("price", "brand")
    assert fitted.users.names == ("age", "gender")


def test_centred_ratings_weigh_what_they_say_beyond_the_users_usual_rating() -> None:
    fitted = Preprocessing.fit(USERS, ITEMS, EVENTS, CENTRED)
    weights = fitted.weighted(EVENTS, AS_OF)["weight"].tolist()
    assert weights[0] - weights[1] == pytest.approx(2.0), "a user's own order stays"
    assert weights[0] == pytest.approx(weights[3]), "the strict user's best says as much as the generous one's"
    assert weights[0] + weights[1] == pytest.approx(0.0, abs=1.1), "the usual rating says nothing"
    assert (weights[2], weights[5]) == (5.0, 1.0), "other events stay"


def test_ratings_can_be_left_alone() -> None:
    alone = PreprocessingSettings(centre_ratings=False)
    assert Preprocessing.fit(USERS, ITEMS, EVENTS, alone).weighted(EVENTS, AS_OF) is EVENTS


def test_ratings_that_are_all_likes_are_not_centred() -> None:
    likes = EVENTS.assign(weight=1.0)
    fitted = Preprocessing.fit(USERS, ITEMS, likes, CENTRED)
    assert fitted.weighted(likes, AS_OF) is likes, "their mean would make them all say nothing"
    assert fitted.report["ratings"] == {"centred": False}


def test_events_without_types_or_ratings_are_left_alone() -> None:
    fitted = Preprocessing.fit(USERS, ITEMS, EVENTS, CENTRED)
    bare = EVENTS[["user_id", "item_id", "weight"]]
    assert fitted.weighted(bare, AS_OF) is bare
    assert Preprocessing.fit(USERS, ITEMS, bare, CENTRED).ratings is None


def test_the_report_counts_rows_and_gaps() -> None:
    report = Preprocessing.fit(USERS, ITEMS, EVENTS, CENTRED).report
    assert report["users"]["rows"] == 2
    assert report["users"]["columns"] == {"age": {"missing": 1}}
    assert report["ratings"]["items"] == 2


def test_ratings_of_the_future_move_nobodys_mean() -> None:
    fitted = Preprocessing.fit(USERS, ITEMS, EVENTS, CENTRED)
    later = EVENTS.assign(ts=pd.Timestamp(2026, 3, 1, tz="UTC"), weight=-9.0)
    both = fitted.weighted(pd.concat([EVENTS, later], ignore_index=True), AS_OF)["weight"]
    assert both[: len(EVENTS)].tolist() == fitted.weighted(EVENTS, AS_OF)["weight"].tolist()
