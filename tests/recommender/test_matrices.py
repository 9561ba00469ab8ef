"""Sparse rows keep their strongest values."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from recommender.matrices import strongest

SMALL = arrays.arrays(np.float32, (4, 6), elements=st.sampled_from([np.float32(n) for n in (0, 0.5, 1, 2, 3)]))


def test_the_largest_values_of_a_row_stay_and_equal_ones_by_column() -> None:
    matrix = sparse.csr_matrix(np.array([[1, 5, 5, 2], [0, 0, 3, 0]], dtype=np.float32))
    assert strongest(matrix, 1).toarray().tolist() == [[0, 5, 0, 0], [0, 0, 3, 0]]


@given(SMALL, st.integers(1, 7))
def test_no_dropped_value_exceeds_a_kept_one(dense: np.ndarray, count: int) -> None:
    kept = strongest(sparse.csr_matrix(dense), count).toarray()
    for row, left in zip(dense, kept, strict=True):
        assert (left > 0).sum() == min(count, (row > 0).sum())
        np.testing.assert_array_equal(np.sort(left)[::-1][:count], np.sort(row)[::-1][: min(count, 6)])
