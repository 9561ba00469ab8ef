from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from recommender import heap, topk
from recommender.topk import NOTHING, top_k, top_k_products

Lists = tuple[np.ndarray, np.ndarray]
LEVELS = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5, 2.0, 3.0, np.nan])
MATRICES = arrays.arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 60)), elements=LEVELS)


def sorted_lists(scores: np.ndarray, k: int, seen: np.ndarray) -> Lists:
    codes, best = np.full((len(scores), k), NOTHING), np.full((len(scores), k), -np.inf, dtype=np.float32)
    for row, values in enumerate(scores):
        free = [(-v, c) for c, v in enumerate(values.tolist()) if v > -np.inf and not seen[row, c]]
        for place, (value, code) in enumerate(sorted(free)[:k]):
            codes[row, place], best[row, place] = code, -value
    return codes, best


def heap_lists(scores: np.ndarray, k: int, seen: np.ndarray) -> Lists:
    matrix = sparse.csr_matrix(seen)
    codes, best = np.full((len(scores), k), NOTHING), np.full((len(scores), k), -np.inf, dtype=np.float32)
    heap.best_of_rows(scores, matrix.indptr.astype(np.int64), matrix.indices, k, codes, best)
    return codes, best


def assert_same(found: Lists, expected: Lists) -> None:
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.integers(1, 8), st.integers(0, 99))
def test_lists_are_those_of_a_full_sort(scores: np.ndarray, k: int, seed: int) -> None:
    seen = np.random.default_rng(seed).random(scores.shape) < 0.2
    assert_same(top_k(scores, k, sparse.csr_matrix(seen)), sorted_lists(scores, k, seen))


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.integers(1, 8), st.integers(0, 99))
def test_the_heap_gives_the_same_lists(scores: np.ndarray, k: int, seed: int) -> None:
    seen = np.random.default_rng(seed).random(scores.shape) < 0.2
    assert_same(heap_lists(scores, k, seen), sorted_lists(scores, k, seen))


def test_compiled_and_numpy_agree_on_a_catalogue_with_many_ties() -> None:
    rng = np.random.default_rng(1)
    scores = np.round(rng.normal(size=(40, 40_000)), 2).astype(np.float32)
    seen = sparse.random(40, 40_000, density=0.01, format="csr", random_state=2)
    one_by_one = [top_k(scores[row : row + 1], 50, seen[row]) for row in range(40)]
    together = top_k(scores, 50, seen)
    assert_same(together, (np.concatenate([c for c, _ in one_by_one]), np.concatenate([s for _, s in one_by_one])))


def test_products_are_ranked_without_being_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topk, "_CELLS", 700)
    rng = np.random.default_rng(3)
    users, items = (rng.integers(-3, 4, (n, 5)).astype(np.float32) for n in (37, 100))
    seen = rng.random((37, 100)) < 0.3
    assert_same(top_k_products(users, items, 9, sparse.csr_matrix(seen)), sorted_lists(users @ items.T, 9, seen))


def test_a_user_who_saw_everything_gets_nothing() -> None:
    codes, scores = top_k(np.ones((2, 3), dtype=np.float32), 2, sparse.csr_matrix(np.array([[1, 1, 1], [0, 1, 0]])))
    assert codes.tolist() == [[NOTHING, NOTHING], [0, 2]]
    assert np.isneginf(scores[0]).all()


def test_what_cannot_be_ranked_is_refused() -> None:
    scores = np.ones((2, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="k >= 1"):
        top_k(scores, 0)
    with pytest.raises(ValueError, match="shape of the scores"):
        top_k(scores, 1, sparse.csr_matrix((2, 4)))


def test_a_request_never_waits_for_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled() -> Callable[..., None]:
        raise AssertionError("one row is numpy's, however wide")

    monkeypatch.setattr(topk, "_compiled", compiled)
    codes, _ = top_k(np.arange(3_000_000, dtype=np.float32)[None, :], 3)
    assert codes.tolist() == [[2_999_999, 2_999_998, 2_999_997]]
