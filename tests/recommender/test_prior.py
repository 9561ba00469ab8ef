"""What a segment likes more than everybody."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.head import SegmentHead
from recommender.history import History
from recommender.prior import DecayedCounts

AS_OF = date(2026, 3, 1)
PAIRS = [(f"u{n}", item) for n in range(20) for item in "abc"] + [(f"v{n}", "c") for n in range(6)]


def _counts(half_life_days: float = 14.0) -> DecayedCounts:
    events = pd.DataFrame(PAIRS, columns=["user_id", "item_id"])
    events = events.assign(ts=datetime(2026, 2, 20, tzinfo=UTC), weight=1.0)
    return DecayedCounts.of(History.from_events(events, AS_OF), half_life_days)


COUNTS = _counts()
OURS = np.array([f"v{n}" for n in range(6)], dtype=object)


@given(st.sets(st.sampled_from(sorted({user for user, _ in PAIRS}))), st.floats(0.1, 1e4))
def test_the_shares_behind_a_prior_sum_to_one(members: set[str], strength: float) -> None:
    prior = COUNTS.prior(np.array(sorted(members), dtype=object), strength, "popularity")
    assert np.exp(list(prior.values())).sum() / len(prior) == pytest.approx(1)


@given(st.floats(0.1, 1e4))
def test_popularity_is_everybodys_popularity_and_the_lift(strength: float) -> None:
    lift, own = (COUNTS.prior(OURS, strength, base) for base in ("lift", "popularity"))
    share = dict(zip(COUNTS.items.ids.tolist(), COUNTS.everybody / COUNTS.everybody.sum(), strict=True))
    for item, value in own.items():
        assert value == pytest.approx(lift[item] + np.log(len(share) * share[item]))


def test_counts_of_a_segment_are_those_of_its_rows_alone() -> None:
    np.testing.assert_allclose(COUNTS.of_users(OURS), COUNTS.matrix[COUNTS.users.codes(OURS.tolist())].sum(axis=0).A1)
    assert COUNTS.of_users(np.array(["stranger"], dtype=object)).sum() == 0


def test_a_popularity_prior_proposes_what_the_segment_likes_most() -> None:
    head = SegmentHead("s", COUNTS.prior(OURS, 5.0, "popularity"), 1.0, base="popularity")
    assert head.extra() == ("c",)


def test_a_half_life_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="half-life must be above 0"):
        DecayedCounts.of(History.empty(COUNTS.users, COUNTS.items, AS_OF), 0)


def test_the_prior_is_above_zero_where_the_segment_likes_more() -> None:
    prior = COUNTS.prior(OURS, 5)
    assert prior["c"] > 0 > prior["a"]
    assert prior["a"] == pytest.approx(prior["b"])


def test_the_prior_follows_the_formula() -> None:
    prior = _counts(1e9).prior(OURS, 5)
    share = {"a": 20 / 66, "b": 20 / 66, "c": 26 / 66}
    unit = np.log1p(1)  # every pair has weight 1
    for item, own in (("a", 0.0), ("c", 6 * unit)):
        lift = np.log((own + 5 * share[item]) / (6 * unit + 5) / share[item])
        assert prior[item] == pytest.approx(lift, rel=1e-4)


def test_more_strength_shrinks_the_prior() -> None:
    weak, strong = (COUNTS.prior(OURS, strength) for strength in (1, 1000))
    assert 0 < strong["c"] < weak["c"]


def test_a_segment_without_events_has_no_lift() -> None:
    prior = COUNTS.prior(np.array([], dtype=object), 5)
    assert set(prior) == {"a", "b", "c"}
    assert max(abs(lift) for lift in prior.values()) < 1e-9


def test_a_prior_without_strength_is_refused() -> None:
    with pytest.raises(ValueError, match="strength must be above 0"):
        COUNTS.prior(OURS, 0)
