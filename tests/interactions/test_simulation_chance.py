from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.simulation.chance import normalised, pick, pick_between, pick_rows, stream

weights = st.lists(st.floats(0, 1e3, allow_nan=False), min_size=1, max_size=12).filter(lambda w: sum(w) > 1e-6)


@given(weights, st.integers(0, 2**32))
def test_a_choice_of_weight_zero_is_never_made(row: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.tile(np.array(row), (50, 1))
    assert (np.array(row)[pick_rows(rows, rng)] > 0).all()
    assert (np.array(row)[pick(np.array(row), 50, rng)] > 0).all()


@given(st.lists(st.integers(0, 50), min_size=2, max_size=30), st.data())
def test_a_slice_gives_only_its_own_items_that_have_weight(row: list[int], data: st.DataObject) -> None:
    low = data.draw(st.integers(0, len(row) - 1))
    high = data.draw(st.integers(low + 1, len(row)))
    if sum(row[low:high]) == 0:
        return
    cumulated = np.concatenate([[0.0], np.cumsum(row)])
    size = np.full(40, 1)
    chosen = pick_between(cumulated, low * size, high * size, np.random.default_rng(0))
    assert set(chosen) <= {at for at in range(low, high) if row[at] > 0}


def test_choices_come_in_proportion_to_their_weights() -> None:
    rng = stream(1, "day")
    row = np.array([1.0, 3.0, 0.0, 6.0])
    expected = row / row.sum()
    by_row = np.bincount(pick_rows(np.tile(row, (40_000, 1)), rng), minlength=4) / 40_000
    at_once = np.bincount(pick(row, 40_000, rng), minlength=4) / 40_000
    assert by_row == pytest.approx(expected, abs=0.01)
    assert at_once == pytest.approx(expected, abs=0.01)


def test_streams_of_other_names_numbers_or_seeds_are_other_streams() -> None:
    firsts = {stream(*key).random() for key in [(1, "day", 0), (1, "day", 1), (1, "bots", 0), (2, "day", 0)]}
    assert len(firsts) == 4
    assert stream(1, "day", 1).random() == stream(1, "day", 1).random()


def test_words_without_a_weight_have_the_rest() -> None:
    assert normalised({"a": 3}, ("a", "b")).tolist() == [1.0, 0.0]
    assert normalised({"a": 3}, ("a", "b"), rest=1).tolist() == [0.75, 0.25]
