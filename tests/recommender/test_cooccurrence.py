"""Pairs counted one way or the other are the same pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recommender.generators import cooccurrence


@pytest.mark.parametrize("many", [0, 10**9])
def test_the_upper_triangle_is_the_weighted_product(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(cooccurrence, "_MANY", many)
    rng = np.random.default_rng(3)
    profile = sparse.csr_matrix(sparse.random(50, 30, density=0.2, format="csr", random_state=rng))
    weights = rng.random(50).astype(np.float32)
    counted = cooccurrence.cooccurrence(profile, weights)
    expected = profile.T @ sparse.diags_array(weights) @ profile
    np.testing.assert_allclose(np.triu(counted), np.triu(expected.toarray()), rtol=1e-5)
