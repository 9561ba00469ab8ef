from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.schema import EVENT_TYPES
from interactions.weights import EventWeights, confidence


def frame(*rows: tuple[str, float | None]) -> pd.DataFrame:
    return pd.DataFrame({"event_type": [kind for kind, _ in rows], "value": [value for _, value in rows]})


def test_a_stronger_intent_weighs_more_and_a_return_counts_against() -> None:
    kinds = ("impression", "view", "wishlist", "add_to_cart", "purchase", "return")

    weights = confidence(frame(*((kind, None) for kind in kinds)))

    assert weights.tolist() == [0.0, 1.0, 2.0, 3.0, 5.0, -5.0]


def test_dwell_earns_its_share_up_to_the_full_time() -> None:
    weights = EventWeights({"dwell": 2.0}, dwell_full=30).confidence(
        frame(("dwell", 15), ("dwell", 300), ("dwell", None))
    )

    assert weights.tolist() == [1.0, 2.0, 0.0]


def test_ratings_are_scaled_around_the_neutral_points() -> None:
    weights = EventWeights().confidence(frame(("rating", 5), ("rating", 2.5), ("rating", 1), ("rating", None)))

    assert weights.tolist() == pytest.approx([5.0, 0.0, -3.0, 0.0])


def test_truth_is_what_weighs_and_for_ratings_four_points() -> None:
    rows = frame(("rating", 4), ("rating", 3), ("purchase", 9.5), ("return", 9.5), ("impression", None), ("view", None))

    assert EventWeights().positive(rows).tolist() == [True, False, True, False, False, True]


def test_the_price_paid_does_not_change_the_weight_of_a_purchase() -> None:
    assert confidence(frame(("purchase", 1), ("purchase", 1000))).nunique() == 1


def test_the_index_of_the_frame_is_kept() -> None:
    rows = frame(("view", None), ("purchase", 1)).set_index(pd.Index([7, 3]))

    assert confidence(rows).index.tolist() == [7, 3]


@given(st.lists(st.tuples(st.sampled_from(EVENT_TYPES), st.one_of(st.none(), st.floats(0, 1e6)))))
def test_every_weight_is_finite_and_within_its_type(rows: list[tuple[str, float | None]]) -> None:
    weights = confidence(frame(*rows))

    assert np.isfinite(weights.to_numpy(dtype=float)).all()
    assert (weights.abs() <= 5).all()


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        ({"stare": 1.0}, "unknown event type 'stare'"),
        ({"view": -1.0}, "'view' must be finite, negative only for returns; found -1.0"),
        ({"return": 2.0}, "'return'"),
        ({"view": float("inf")}, "finite"),
        ({"view": float("nan")}, "finite"),
    ],
)
def test_f33_a_weight_that_makes_no_sense_is_refused(weights: dict[str, float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        EventWeights(weights)


def test_f33_scales_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="rating_neutral < rating_positive"):
        EventWeights(rating_neutral=4.5)
