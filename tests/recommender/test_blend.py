import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommender.blend import BlendBlock, tuned_weights
from recommender.candidates import Candidates
from recommender.metrics import Truth, per_user
from recommender.vocabulary import Vocabulary

ITEMS = Vocabulary.of(f"i{n:02d}" for n in range(20))


def _block(seed: int, users: int = 40) -> BlendBlock:
    """``good`` knows the one relevant item of every user half of the time; ``noise`` knows nothing."""
    rng = np.random.default_rng(seed)
    liked = rng.integers(0, len(ITEMS), users)
    relevant = sparse.csr_matrix((np.ones(users, bool), (np.arange(users), liked)), shape=(users, len(ITEMS)))
    names = Vocabulary(np.array([f"u{n:03d}" for n in range(users)]))
    rows = np.repeat(np.arange(users), len(ITEMS))
    columns = np.tile(np.arange(len(ITEMS)), users)
    noise = rng.random((2, len(rows))).astype(np.float32)
    good = noise[0] + ((columns == liked[rows]) & (rng.random(users) < 0.5)[rows])
    everything = np.ones(len(rows), dtype=np.bool_)
    scores = {"good": good.astype(np.float32), "noise": noise[1]}
    candidates = Candidates(names, ITEMS, rows, columns, scores, np.zeros_like(noise[0]), everything)
    return BlendBlock.of(candidates, Truth(names, ITEMS, relevant, np.ones(users, dtype=np.int64)))


def test_the_search_trusts_the_generator_that_knows_more() -> None:
    weights = tuned_weights([_block(1, 200)], {"good": 1.0, "noise": 1.0})
    assert weights["good"] > 3 * abs(weights["noise"])


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_tuned_weights_are_never_worse_where_they_were_tuned(seed: int) -> None:
    blocks, first = [_block(seed), _block(seed + 1)], {"good": 0.5, "noise": 1.0}
    found = tuned_weights(blocks, first)
    assert sum(b.ndcg(found, 10).mean() for b in blocks) >= sum(b.ndcg(first, 10).mean() for b in blocks)


@given(st.integers(0, 10**6), st.integers(1, 15), st.sampled_from([0.0, 0.5, 1.0]))
def test_ndcg_is_that_of_the_lists(seed: int, k: int, weight: float) -> None:
    block, weights = _block(seed), {"good": weight, "noise": 1.0}
    expected = per_user(block.lists(weights, k), block.truth, k)["ndcg"]
    np.testing.assert_allclose(block.ndcg(weights, k), expected)


def test_nobody_to_tune_on_leaves_the_weights() -> None:
    assert tuned_weights([], {"good": 0.5}) == {"good": 0.5}


def test_the_search_is_deterministic() -> None:
    first = {"good": 1.0, "noise": 1.0}
    assert tuned_weights([_block(3)], first) == pytest.approx(tuned_weights([_block(3)], first), abs=0)
