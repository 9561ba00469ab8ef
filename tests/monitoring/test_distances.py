from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from monitoring.distances import jensen_shannon, wasserstein

COUNTS = st.lists(st.integers(0, 1000), min_size=5, max_size=5).filter(lambda counts: sum(counts) > 0)


@budget(max_examples=50, deadline=None)
@given(left=COUNTS, right=COUNTS)
def test_both_distances_equal_scipys_which_evidently_uses(left: list[int], right: list[int]) -> None:
    a, b = np.array(left, dtype=float), np.array(right, dtype=float)
    values = np.array([0.0, 1.0, 2.5, 7.0, 9.0])
    assert float(jensen_shannon(a, b)) == pytest.approx(float(np.nan_to_num(jensenshannon(a, b))), abs=1e-7)
    assert float(wasserstein(a, b, values)) == pytest.approx(wasserstein_distance(values, values, a, b), abs=1e-9)


@given(left=COUNTS, right=COUNTS)
def test_jensen_shannon_is_symmetric_and_bounded(left: list[int], right: list[int]) -> None:
    a, b = np.array(left, dtype=float), np.array(right, dtype=float)
    there, back = float(jensen_shannon(a, b)), float(jensen_shannon(b, a))
    assert there == pytest.approx(back, abs=1e-9)
    assert 0 <= there <= np.sqrt(np.log(2)) + 1e-9


def test_many_histograms_are_compared_at_once() -> None:
    rows = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert jensen_shannon(rows, np.array([1.0, 1.0])).shape == (2,)
    assert jensen_shannon(rows, rows) == pytest.approx([0.0, 0.0])


def test_an_empty_histogram_has_no_distance() -> None:
    assert np.isnan(jensen_shannon(np.zeros(3), np.ones(3)))
