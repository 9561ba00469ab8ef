from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommender.artifact import load, save
from recommender.head import SegmentHead
from recommender.history import History
from recommender.metrics import diversity
from recommender.mmr import diversified
from recommender.recommendations import Recommendations
from recommender.spine import Spine

# items 0 to 2 are of one kind, 3 of another, 4 of both, nothing is known of 5
KINDS = sparse.csr_matrix(np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0.5, 0.5], [0, 0]], dtype=np.float32))


def _one(codes: list[int], scores: list[float], k: int, weight: float) -> tuple[list[int], list[float]]:
    chosen, values = diversified(np.array([codes]), np.array([scores], dtype=np.float32), KINDS, k, weight)
    return chosen[0].tolist(), values[0].tolist()


def test_the_next_item_is_the_best_that_is_unlike_what_was_taken() -> None:
    codes, values = _one([0, 1, 2, 3], [4.0, 3.0, 2.0, 1.0], 3, 0.5)
    # relevances 1, 2/3, 1/3, 0: after item 0 the others of its kind lose .5
    assert codes == [0, 3, 1]
    np.testing.assert_allclose(values, [0.5, 0.0, 0.5 * 2 / 3 - 0.5], atol=1e-6)


def test_without_a_wish_for_diversity_the_scores_decide() -> None:
    assert _one([2, 0, 3], [3.0, 2.0, 1.0], 3, 0.0)[0] == [2, 0, 3]


def test_a_short_pool_ends_a_list_early() -> None:
    codes, values = _one([1, 3, -1], [2.0, 1.0, -np.inf], 4, 0.3)
    assert codes == [1, 3, -1, -1]
    assert np.isneginf(values[2:]).all()
    assert _one([-1, -1], [-np.inf, -np.inf], 2, 0.3)[0] == [-1, -1]
    assert diversified(np.empty((0, 5), np.int64), np.empty((0, 5), np.float32), KINDS, 2, 0.5)[0].shape == (0, 2)


def _naive(codes: list[int], scores: np.ndarray, k: int, weight: float) -> list[int]:
    unit = KINDS.toarray() / np.maximum(np.linalg.norm(KINDS.toarray(), axis=1, keepdims=True), 1e-12)
    span = scores.max() - scores.min() or 1.0
    left, taken = dict(zip(codes, (scores - scores.min()) / span, strict=True)), list[int]()
    while left and len(taken) < k:
        near = {item: max([0.0, *(float(unit[item] @ unit[other]) for other in taken)]) for item in left}
        best = max(left, key=lambda item: round((1 - weight) * left[item] - weight * near[item], 9))
        taken.append(best)
        del left[best]
    return taken


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(range(6)), st.lists(st.integers(0, 40), min_size=6, max_size=6), st.sampled_from([0.1, 0.5, 0.9])
)
def test_it_agrees_with_the_definition_and_its_values_never_rise(
    codes: list[int], points: list[int], weight: float
) -> None:
    scores = np.sort(np.array(points, dtype=np.float64))[::-1]
    chosen, values = diversified(np.array([codes]), scores[None].astype(np.float32), KINDS, 4, weight)
    assert (np.diff(values[0]) <= 1e-6).all()
    if len(set(points)) == 6:  # without ties
        assert chosen[0].tolist() == _naive(codes, scores, 4, weight)


def test_a_models_lists_are_re_ranked_alike_after_a_save_and_a_load(
    spine: Spine, world_history: History, small_world: Any, tmp_path: Path
) -> None:
    def spread(lists: Recommendations) -> float:
        codes = spine.items.codes(lists.items.ravel()).reshape(lists.items.shape)
        return float(np.nanmean(diversity(codes, spine.catalogue.categories)))

    history = world_history.rows(np.arange(40))
    plain = spine.recommend(history, small_world.people, 6)
    head = SegmentHead("s", {}, diversity=0.5)
    for model in (replace(spine, diversity=0.5, segment_id="s"), head):
        save(model, tmp_path / "model")
        loaded = load(tmp_path / "model")
        mine, other = (
            each.recommend(history, small_world.people, 6)
            if isinstance(each, Spine)
            else each.recommend(spine, history, small_world.people, 6)
            for each in (model, loaded)
        )
        np.testing.assert_array_equal(mine.items, other.items)
        assert spread(mine) > spread(plain) + 0.05
        assert (np.diff(mine.scores, axis=1) <= 1e-6).all()
        assert (mine.items != "").all()
