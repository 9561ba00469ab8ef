"""Intra-list diversity: how unlike each other the items of one list are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.matrices import unit_rows

Vectors = sparse.csr_matrix | NDArray[np.float32]


def diversity(lists: NDArray[np.int64], vectors: Vectors) -> NDArray[np.float64]:
    """One minus the mean cosine over all pairs of a list (Ziegler et al. 2005).

    Args:
        lists: item codes ``(n_users, k)``, -1 where a list is short.
        vectors: one row per item: categories (``Catalogue.categories``), words or an embedding; all-zero rows say
            nothing, and the items are left out.

    Returns:
        ``(n_users,)``: 0 for a list of equal items, 1 for unrelated ones; NaN below two items with a vector.
    """
    unit = unit_rows(vectors)
    told = np.asarray(unit.power(2).sum(axis=1)).ravel() > 0
    users, places = np.nonzero((lists >= 0) & told[lists])
    member = sparse.csr_matrix((np.ones(len(users)), (users, lists[users, places])), shape=(len(lists), unit.shape[0]))
    count = np.asarray(member.sum(axis=1)).ravel()
    together = np.asarray((member @ unit).power(2).sum(axis=1)).ravel()
    # |sum of unit vectors|^2 counts every item with itself once and every pair twice
    cosine = np.divide(together - count, count * (count - 1), out=np.full(len(lists), np.nan), where=count > 1)
    return np.asarray(1 - cosine, dtype=np.float64)
