"""A segment's corrections on the spine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.head import SegmentHead, fit_prior
from recommender.history import History
from recommender.spine import Spine

AS_OF = date(2026, 3, 1)


def _events(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Rows of user, item, day of February."""
    frame = pd.DataFrame(list(rows), columns=["user_id", "item_id", "day"])
    frame["ts"] = [datetime(2026, 2, day, tzinfo=UTC) for day in frame.pop("day")]
    return frame.assign(weight=1.0)


OTHERS = [(f"u{n}", item, 20) for n in range(20) for item in "abc"]
OURS = [(f"v{n}", "c", 20) for n in range(6)]


def test_all_zero_weights_are_exactly_the_parent(spine: Spine, world_history: History, small_world: Any) -> None:
    head = SegmentHead("s1", {"i001": 2.0, "i002": 1.0}, 0.0, {"als": 0.0})
    mine = head.recommend(spine, world_history, small_world.people, 10)
    parent = spine.recommend(world_history, small_world.people, 10)
    np.testing.assert_array_equal(mine.items, parent.items)
    np.testing.assert_array_equal(mine.scores, parent.scores)


def test_all_zero_weights_ignore_extra_rows_a_caller_added(
    spine: Spine, world_history: History, small_world: Any
) -> None:
    rows = spine.candidates(world_history, small_world.people, extra=spine.items.ids.tolist())
    scores = SegmentHead("s1", {"i001": 2.0}).score(rows)
    np.testing.assert_array_equal(scores, rows.parent_ranking())


def test_a_heavy_prior_lifts_its_items_to_the_top(spine: Spine, world_history: History, small_world: Any) -> None:
    favourite = spine.items.ids[5]
    head = SegmentHead("s1", {str(favourite): 3.0}, 100.0)
    lists = head.recommend(spine, world_history, small_world.people, 5)
    fresh = ~world_history.seen().toarray()[:, 5]
    assert (lists.items[fresh, 0] == favourite).all(), "proposed even where no generator did"
    assert not (lists.items[~fresh] == favourite).any(), "never where it was seen"
    assert (lists.layers == "segment").all()


def test_score_is_the_documented_sum(spine: Spine, world_history: History, small_world: Any) -> None:
    head = SegmentHead("s1", {"i001": 0.7, "gone": 9.0}, 2.0, {"als": 0.5, "content": 0.0})
    rows = spine.candidates(world_history, small_world.people, extra=head.extra())
    prior = np.where(rows.items.ids[rows.item_code] == "i001", 0.7, 0.0)
    expected = rows.standardised(rows.parent) + 0.5 * rows.standardised(rows.scores["als"]) + 2.0 * prior
    np.testing.assert_allclose(head.score(rows), expected, rtol=1e-5, atol=1e-5)


def test_a_blend_without_prior_ranks_the_parents_rows_only(
    spine: Spine, world_history: History, small_world: Any
) -> None:
    rows = spine.candidates(world_history, small_world.people, extra=spine.items.ids.tolist())
    scores = SegmentHead("s1", {}, 0.0, {"als": 1.0}).score(rows)
    np.testing.assert_array_equal(np.isfinite(scores), rows.from_parent)


def test_extra_items_are_the_most_lifted_ones() -> None:
    head = SegmentHead("s1", {"a": 0.1, "b": 2.0, "c": -3.0, "d": 1.0}, 1.0, extra_items=2)
    assert head.extra() == ("b", "d")
    assert SegmentHead("s1", {"a": 1.0}).extra() == ()


def test_the_prior_is_above_zero_where_the_segment_likes_more() -> None:
    prior = fit_prior(_events(*OURS), _events(*OTHERS, *OURS), AS_OF, 14, strength=5)
    assert prior["c"] > 0 > prior["a"]
    assert prior["a"] == pytest.approx(prior["b"])


def test_the_prior_follows_the_formula() -> None:
    prior = fit_prior(_events(*OURS), _events(*OTHERS, *OURS), AS_OF, 1e9, strength=5)
    share = {"a": 20 / 66, "b": 20 / 66, "c": 26 / 66}
    unit = np.log1p(1)  # every pair has weight 1
    for item, own in (("a", 0.0), ("c", 6 * unit)):
        lift = np.log((own + 5 * share[item]) / (6 * unit + 5) / share[item])
        assert prior[item] == pytest.approx(lift, rel=1e-4)


def test_more_strength_shrinks_the_prior() -> None:
    weak, strong = (fit_prior(_events(*OURS), _events(*OTHERS, *OURS), AS_OF, 14, s) for s in (1, 1000))
    assert 0 < strong["c"] < weak["c"]


def test_a_segment_without_events_has_no_lift() -> None:
    prior = fit_prior(_events(), _events(*OTHERS), AS_OF, 14, strength=5)
    assert set(prior) == {"a", "b", "c"}
    assert max(abs(lift) for lift in prior.values()) < 1e-9


def test_a_prior_without_strength_is_refused() -> None:
    with pytest.raises(ValueError, match="strength must be above 0"):
        fit_prior(_events(*OURS), _events(*OTHERS), AS_OF, 14, strength=0)
