import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recommender.retrieval import batches, ranking, retrieve
from recommender.spine import Spine


@given(
    hnp.arrays(np.float32, (2, 6), elements=st.integers(-2, 4).map(float)),
    hnp.arrays(np.bool_, (2, 6)),
    st.integers(1, 8),
)
def test_ranks_are_places_among_unblocked_positive_scores(scores: np.ndarray, blocked: np.ndarray, n: int) -> None:
    ranks = ranking(scores, blocked, n)
    for user in range(2):
        open_items = [item for item in range(6) if not blocked[user, item] and scores[user, item] > 0]
        placed = [item for item in range(6) if ranks[user, item] <= n]
        assert sorted(ranks[user, placed]) == list(range(1, len(placed) + 1))
        assert len(placed) == min(n, len(open_items))
        assert set(placed) <= set(open_items)
        best = sorted(placed, key=lambda item: ranks[user, item])
        values = [scores[user, item] for item in best]
        assert values == sorted((scores[user, item] for item in open_items), reverse=True)[:n]


def test_batches_cover_every_user_once(world_history: object) -> None:
    codes = np.concatenate(list(batches(world_history)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(codes, np.arange(len(world_history.users)))  # type: ignore[attr-defined]


def test_seen_items_are_proposed_only_when_allowed(spine: Spine, world_history: object) -> None:
    history = world_history.rows(np.arange(20))  # type: ignore[attr-defined]
    seen = history.seen().toarray()
    fresh = retrieve(spine.generators, history, 10)
    repeated = retrieve(spine.generators, history, 10, exclude_seen=False)
    assert not seen[fresh.user_code, fresh.item_code].any()
    assert seen[repeated.user_code, repeated.item_code].any()
