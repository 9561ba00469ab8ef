from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.metrics import per_user, serendipity


@given(
    ranked=st.permutations("abcdefgh"),
    usual=st.permutations("abcdefgh"),
    liked=st.text("abcdefghX", min_size=1),
    k=st.integers(1, 8),
)
def test_serendipity_counts_unexpected_hits(eight: Any, ranked: Any, usual: Any, liked: str, k: int) -> None:
    truth = eight.truth({"u": liked})
    lists = eight.lists("".join(ranked))
    value = serendipity(lists, eight.lists("".join(usual)), truth, k)[0]
    assert value == pytest.approx(len((set(ranked[:k]) & set(liked)) - set(usual[:k])) / k)
    assert value <= per_user(lists, truth, k)["precision"][0]


def test_a_list_like_everybodys_holds_no_surprise(eight: Any) -> None:
    lists = eight.lists("abc")
    assert serendipity(lists, lists, eight.truth({"u": "abc"}), 3).tolist() == [0.0]


def test_short_lists_have_empty_places(eight: Any) -> None:
    short = eight.lists("a", k=3)
    assert serendipity(short, eight.lists("b", k=3), eight.truth({"u": "a"}), 3) == np.array([1 / 3])
