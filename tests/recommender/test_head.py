"""A segment's corrections on the spine."""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.head import SegmentHead
from recommender.history import History
from recommender.spine import Spine


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
