from dataclasses import dataclass
from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from recommender.history import History
from recommender.retrieval import batches, retrieve
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Fixed:
    scores: np.ndarray
    name: str = "fixed"

    def score(self, history: History) -> np.ndarray:
        return self.scores


def history_of(seen: np.ndarray) -> History:
    matrix = sparse.csr_matrix(seen.astype(np.float32))
    users, items = (Vocabulary(np.array([f"{size}-{n}" for n in range(size)])) for size in seen.shape)
    return History(users, items, matrix, matrix, date(2026, 1, 1))


SCORES = hnp.arrays(np.float32, (2, 6), elements=st.integers(-2, 4).map(float))
MASKS = hnp.arrays(np.bool_, (2, 6))


@given(SCORES, SCORES, MASKS, MASKS, st.integers(1, 8))
def test_pairs_are_the_union_of_every_generators_best(
    first: np.ndarray, second: np.ndarray, seen: np.ndarray, extra: np.ndarray, n: int
) -> None:
    pairs = retrieve([Fixed(first), Fixed(second)], history_of(seen), n, extra=sparse.csr_matrix(extra))  # type: ignore[list-item]
    rows = list(zip(pairs.user_code.tolist(), pairs.item_code.tolist(), strict=True))
    expected = {}
    for number, scores in enumerate((first, second)):
        for user in range(2):
            liked = [item for item in range(6) if not seen[user, item] and scores[user, item] > 0]
            best = sorted(liked, key=lambda item: (-scores[user, item], item))[:n]
            expected |= {(number, user, item): place + 1 for place, item in enumerate(best)}
    parents = {(user, item) for _, user, item in expected}
    wanted = {(int(u), int(i)) for u, i in zip(*np.nonzero(extra & ~seen), strict=True)}
    assert rows == sorted(parents | wanted)
    assert pairs.from_parent.tolist() == [row in parents for row in rows]
    for number, scores in enumerate((first, second)):
        assert pairs.ranks[:, number].tolist() == [expected.get((number, *row), n + 1) for row in rows]
        assert pairs.scores[:, number].tolist() == [scores[row] for row in rows]


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
