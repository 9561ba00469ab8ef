"""Against definitions written as loops."""

from datetime import date
from math import log2

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.history import History
from recommender.metrics import evaluate, per_user, truth_of
from recommender.recommendations import Recommendations
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
ITEMS = Vocabulary.of("abcdefgh")


def _naive(ranked: list[str], relevant: set[str], k: int) -> dict[str, float]:
    hits = [item in relevant for item in ranked[:k]]
    ideal = sum(1 / log2(place + 2) for place in range(min(k, len(relevant))))
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    return {
        "ndcg": sum(hit / log2(place + 2) for place, hit in enumerate(hits)) / ideal,
        "recall": sum(hits) / len(relevant),
        "map": sum(precisions) / min(k, len(relevant)),
        "mrr": next((1 / (place + 1) for place, hit in enumerate(hits) if hit), 0.0),
        "precision": sum(hits) / k,
        "hit_rate": float(any(hits)),
    }


def _truth(relevant: dict[str, set[str]], history: History | None = None) -> object:
    rows = [(user, item) for user, items in relevant.items() for item in sorted(items)]
    holdout = pd.DataFrame(rows, columns=["user_id", "item_id"])
    return truth_of(holdout, history or History.empty(Vocabulary.empty(), ITEMS, AS_OF))


@given(
    st.lists(
        st.tuples(st.permutations("abcdefgh"), st.integers(0, 8), st.sets(st.sampled_from("abcdefghXY"), min_size=1)),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 10),
)
def test_metrics_equal_their_definitions(users: list[tuple[list[str], int, set[str]]], k: int) -> None:
    truth = _truth({f"u{n}": relevant for n, (_, _, relevant) in enumerate(users)})
    lists = np.full((len(users), 8), -1)
    for n, (ranked, length, _) in enumerate(users):
        lists[n, :length] = ITEMS.codes(ranked[:length])
    frame = per_user(lists, truth, k)  # type: ignore[arg-type]
    for n, (ranked, length, relevant) in enumerate(users):
        expected = _naive(ranked[:length], relevant, k)
        for name, value in expected.items():
            assert frame[name][n] == pytest.approx(value), name


def test_seen_items_are_not_expected_to_be_found() -> None:
    events = pd.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"], "weight": 1.0})
    events["ts"] = pd.Timestamp(2026, 2, 1, tz="UTC")
    history = History.from_events(events, AS_OF, ITEMS)
    masked = _truth({"u": {"a", "c"}, "v": {"b"}}, history)
    assert masked.users.ids.tolist() == ["u"], "a user whose every truth was seen is not evaluated"  # type: ignore[attr-defined]
    assert masked.relevant.tolist() == [1]  # type: ignore[attr-defined]


def test_items_outside_the_catalogue_count_as_missed() -> None:
    frame = per_user(ITEMS.codes(["a"])[None, :], _truth({"u": {"a", "unknown"}}), 1)  # type: ignore[arg-type]
    assert frame["recall"][0] == 0.5


def test_users_without_a_list_count_as_missed() -> None:
    lists = Recommendations(np.array(["v"]), np.array([["a", "b"]]), np.zeros((1, 2), "f4"), np.array([["global"] * 2]))
    frame = evaluate(lists, _truth({"u": {"a"}, "v": {"a"}}))  # type: ignore[arg-type]
    assert frame.set_index("user_id")["ndcg"].to_dict() == {"u": 0.0, "v": 1.0}


def test_a_wrong_number_of_lists_is_refused() -> None:
    with pytest.raises(ValueError, match="expected k >= 1 and 1 lists"):
        per_user(np.zeros((2, 3), dtype=np.int64), _truth({"u": {"a"}}), 3)  # type: ignore[arg-type]
