"""Sequences come out in the order of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from recommender.history import History
from recommender.sequences import Sequences
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
END = datetime(2026, 3, 1, tzinfo=UTC)
Row = tuple[str, str, int, float]
ROWS = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from("abcde"), st.integers(1, 200), st.sampled_from([1.0, -1.0])),
    max_size=30,
)


def _history(rows: list[Row]) -> History:
    """Rows of user, item, age in hours, weight."""
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "hours", "weight"])
    frame["ts"] = pd.to_datetime([END - timedelta(hours=hours) for hours in frame["hours"]], utc=True)
    return History.from_events(frame, AS_OF, Vocabulary.of("abcde"))


def test_items_stand_oldest_first_and_ties_by_code() -> None:
    sequences = Sequences.of(_history([("x", "a", 5, 1), ("x", "c", 9, 1), ("x", "b", 9, 1), ("y", "e", 1, 1)]))
    assert sequences.items.tolist() == [1, 2, 0, 4]
    assert sequences.indptr.tolist() == [0, 3, 4]


def test_given_ties_order_what_happened_at_once() -> None:
    history = _history([("x", item, 9, 1.0) for item in "abc"])
    assert Sequences.of(history, np.array([3.0, 1.0, 2.0])).items.tolist() == [1, 2, 0]


def test_returned_items_are_left_out() -> None:
    assert Sequences.of(_history([("x", "a", 5, -1.0), ("x", "b", 4, 1.0)])).items.tolist() == [1]


def test_the_latest_items_fill_rows_from_the_left() -> None:
    rows = [("x", item, 9 - n, 1.0) for n, item in enumerate("abc")] + [("y", "e", 1, 1.0)]
    assert Sequences.of(_history(rows)).latest(2).tolist() == [[1, 2], [4, -1]]


def test_a_pause_begins_the_next_basket_and_so_does_the_next_user() -> None:
    rows = [("x", "a", 60, 1.0), ("x", "b", 55, 1.0), ("x", "c", 20, 1.0), ("y", "d", 20, 1.0)]
    assert Sequences.of(_history(rows)).baskets(gap_days=0.5).tolist() == [0, 0, 1, 2]


@given(ROWS)
def test_nothing_liked_is_lost_and_ages_fall(rows: list[Row]) -> None:
    history = _history(rows)
    sequences = Sequences.of(history)
    assert len(sequences.items) == history.liked().nnz == sequences.indptr[-1]
    same = np.diff(sequences.users) == 0
    assert (np.diff(sequences.age_days)[same] <= 0).all()
    assert (np.diff(sequences.baskets(0.5)) >= 0).all()
