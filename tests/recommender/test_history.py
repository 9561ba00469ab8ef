from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
ROWS = st.lists(
    st.tuples(st.sampled_from("uvw"), st.sampled_from("abcd"), st.integers(1, 31), st.integers(-2, 3)), max_size=30
)


def _events(rows: list[tuple[str, str, int, float]]) -> pd.DataFrame:
    """Rows of user, item, day counted from 1 February, weight."""
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day", "weight"])
    frame["ts"] = pd.Timestamp(2026, 2, 1, 12, tz="UTC") + pd.to_timedelta(frame["day"].astype(float) - 1, unit="D")
    return frame


@given(ROWS)
def test_history_equals_a_loop_over_the_events(rows: list[tuple[str, str, int, float]]) -> None:
    history = History.from_events(_events(rows), AS_OF, Vocabulary.of("abcd"))
    expected: dict[tuple[str, str], tuple[float, float]] = {}
    for user, item, day, weight in rows:
        if day <= 28:
            total, age = expected.get((user, item), (0.0, np.inf))
            expected[user, item] = (total + weight, min(age, 28.5 - day))
    assert history.weights.nnz == len(expected), "pairs of weight 0 are kept: they were seen"
    for (user, item), (total, age) in expected.items():
        row, column = history.users.codes([user])[0], history.items.codes([item])[0]
        assert history.weights[row, column] == total
        assert history.age_days[row, column] == pytest.approx(age)


def test_events_on_the_as_of_day_are_not_seen() -> None:
    history = History.from_events(_events([("u", "a", 29, 1.0)]), AS_OF)
    assert len(history.users) == 0


def test_the_last_microsecond_before_as_of_is_seen() -> None:
    last = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    frame = pd.DataFrame({"user_id": ["u"], "item_id": ["a"], "ts": [last], "weight": [1.0]})
    assert History.from_events(frame, AS_OF).weights.nnz == 1


def test_seen_holds_disliked_items_and_liked_does_not() -> None:
    history = History.from_events(_events([("u", "a", 1, -1.0), ("u", "b", 1, 1.0)]), AS_OF)
    assert history.seen().toarray().tolist() == [[True, True]]
    assert history.liked().toarray().tolist() == [[0.0, 1.0]]


def test_decay_from_the_users_newest_event_ignores_a_pause() -> None:
    early = History.from_events(_events([("u", "a", 1, 1.0), ("u", "b", 3, 1.0)]), AS_OF)
    late = History.from_events(_events([("u", "a", 21, 1.0), ("u", "b", 23, 1.0)]), AS_OF)
    np.testing.assert_allclose(early.decayed(2, "user").toarray(), [[0.5, 1.0]], rtol=1e-5)
    np.testing.assert_allclose(late.decayed(2, "user").toarray(), early.decayed(2, "user").toarray(), rtol=1e-5)
    assert early.decayed(2).toarray().sum() < late.decayed(2).toarray().sum()


def test_of_users_gives_empty_rows_to_strangers() -> None:
    history = History.from_events(_events([("u", "a", 1, 1.0), ("v", "b", 1, 2.0)]), AS_OF)
    chosen = history.of_users(np.array(["x", "v"]))
    assert chosen.users.ids.tolist() == ["x", "v"]
    assert chosen.weights.toarray().tolist() == [[0.0, 0.0], [0.0, 2.0]]


def test_of_users_keeps_pairs_of_weight_zero() -> None:
    history = History.from_events(_events([("u", "a", 1, 0.0)]), AS_OF)
    assert history.of_users(np.array(["u"])).seen().toarray().tolist() == [[True]]


def test_of_users_works_without_any_event(as_of: Any) -> None:
    history = History.empty(Vocabulary.empty(), Vocabulary.of("ab"), AS_OF)
    assert history.of_users(np.array(["x"])).weights.shape == (1, 2)


def test_adoptions_are_first_events_of_liked_pairs() -> None:
    events = _events([("u", "a", 1, 1.0), ("u", "a", 20, 1.0), ("u", "b", 10, 1.0), ("u", "b", 11, -1.0)])
    history = History.from_events(events, AS_OF, Vocabulary.of("ab"))
    first = history.adoptions().toarray()
    np.testing.assert_allclose(first, [[27.5, 0]])
    assert history.rows(np.array([0])).adoptions().toarray()[0, 0] == 8.5
