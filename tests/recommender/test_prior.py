"""What a segment likes more than everybody."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.head import SegmentHead, fit_prior
from recommender.history import History
from recommender.prior import DecayedCounts

AS_OF = date(2026, 3, 1)
PAIRS = [(f"u{n}", item) for n in range(20) for item in "abc"] + [(f"v{n}", "c") for n in range(6)]


def _counts() -> DecayedCounts:
    events = pd.DataFrame(PAIRS, columns=["user_id", "item_id"])
    events = events.assign(ts=datetime(2026, 2, 20, tzinfo=UTC), weight=1.0)
    return DecayedCounts.of(History.from_events(events, AS_OF), 14.0)


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


def test_counting_once_gives_what_fitting_from_events_gives() -> None:
    events = pd.DataFrame(PAIRS, columns=["user_id", "item_id"])
    events = events.assign(ts=datetime(2026, 2, 20, tzinfo=UTC), weight=1.0)
    own = events[events["user_id"].isin(OURS)]
    assert fit_prior(own, events, AS_OF, 14.0, 5.0, "popularity") == COUNTS.prior(OURS, 5.0, "popularity")


def test_a_popularity_prior_proposes_what_the_segment_likes_most() -> None:
    head = SegmentHead("s", COUNTS.prior(OURS, 5.0, "popularity"), 1.0, base="popularity")
    assert head.extra() == ("c",)


def test_a_half_life_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="half-life must be above 0"):
        DecayedCounts.of(History.empty(COUNTS.users, COUNTS.items, AS_OF), 0)
