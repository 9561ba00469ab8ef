from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recommender.metrics import diversity

VECTORS = st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=8, max_size=8)
LISTS = st.lists(st.text("abcdefgh", max_size=5).map(lambda text: "".join(dict.fromkeys(text))), min_size=1, max_size=4)


def _naive(vectors: list[np.ndarray]) -> float:
    told = [v / np.linalg.norm(v) for v in vectors if np.linalg.norm(v) > 0]
    pairs = [(a, b) for n, a in enumerate(told) for b in told[n + 1 :]]
    return 1 - float(np.mean([a @ b for a, b in pairs])) if pairs else np.nan


@given(vectors=VECTORS, ranked=LISTS)
def test_diversity_is_one_minus_the_mean_cosine_of_all_pairs(eight: Any, vectors: Any, ranked: list[str]) -> None:
    table = np.array(vectors, dtype=np.float64)
    values = diversity(eight.lists(*ranked), table)
    for letters, value in zip(ranked, values, strict=True):
        expected = _naive([table[n] for n in eight.items.codes(list(letters))])
        assert value == pytest.approx(expected, nan_ok=True, abs=1e-9)
    np.testing.assert_array_equal(values, diversity(eight.lists(*ranked), sparse.csr_matrix(table)))


def test_items_of_one_category_are_not_diverse(eight: Any) -> None:
    category = np.repeat(np.eye(2, dtype=np.float32), 4, axis=0)
    assert diversity(eight.lists("abc", "ae"), category).tolist() == pytest.approx([0.0, 1.0])
