"""How much more an item is liked among people like the user than by everybody: by device, hour, segment, attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History
from recommender.matrices import csr, rows_of
from recommender.preprocessing.columns import numbers, texts
from warehouse.columns import USER

Matrix = NDArray[np.float32]

# groups that users belong to in parts: the share of a user's events in each
SHARES: Final = {
    "device": ("share_mobile", "share_desktop", "share_tablet"),
    "hour": ("share_night", "share_morning", "share_afternoon", "share_evening"),
}
_STRENGTH: Final = 20.0  # adopters that every item gets for nothing, spread over the groups as all adopters are
_MOST_GROUPS: Final = 32  # of one column; users of rarer labels have no lift


@dataclass(frozen=True, eq=False)
class Lift:
    """``log(p(group | item) / p(group))`` of every item, for the groups of one column or family of shares.

    ``p(group | item)`` is the share of the item's adopters that belong to the group, shrunken towards the share among
    all adoptions, so a rare item has hardly any lift. Read the other way round (Bayes) it is the item's popularity
    inside the group over its popularity everywhere.

    Args:
        name: a key of ``SHARES``, or a text column of the users.
        groups: columns of the family, or labels of the column.
        by_item: float32 ``(n_items, n_groups)``.
    """

    name: str
    groups: tuple[str, ...]
    by_item: Matrix

    @classmethod
    def of(cls, name: str, users: pd.DataFrame, history: History) -> Lift:
        """Count who liked what in ``history``; ``users`` are described as of ``history.as_of``."""
        groups = groups_of(name, users)
        members = _memberships(name, groups, users, history.users.ids)
        liked = history.liked()
        liked.data = np.ones(liked.nnz, dtype=np.float32)
        adopters = np.asarray((liked.T @ members).todense(), dtype=np.float64)
        usual = adopters.sum(axis=0) / max(float(adopters.sum()), 1e-12)
        share = (adopters + _STRENGTH * usual) / (adopters.sum(axis=1, keepdims=True) + _STRENGTH)
        # a group without adopters says nothing of any item
        ratio = np.divide(share, usual, out=np.ones_like(share), where=usual > 0)
        return cls(name, groups, np.log(ratio).astype(np.float32))

    def members(self, users: pd.DataFrame, user_ids: NDArray[np.str_]) -> sparse.csr_matrix:
        """The part of every user that belongs to each group, float32 ``(n_users, n_groups)``; zeros where unknown."""
        return _memberships(self.name, self.groups, users, user_ids)

    def score(
        self, members: sparse.csr_matrix, user_code: NDArray[np.int64], item_code: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """The mean lift of each pair's item over the user's groups; NaN where none of them is known."""
        rows = rows_of(members, user_code)
        owner = np.repeat(np.arange(len(user_code)), np.diff(rows.indptr))
        found = rows.data * self.by_item[item_code[owner], rows.indices]
        total, part = (np.bincount(owner, weights=values, minlength=len(user_code)) for values in (found, rows.data))
        mean = np.divide(total, part, out=np.full(len(user_code), np.nan), where=part > 0)
        return np.asarray(mean, dtype=np.float32)


def told_lifts(names: Iterable[str], users: pd.DataFrame) -> tuple[str, ...]:
    """Those of ``names`` for which the users belong to at least two groups."""
    return tuple(name for name in names if len(groups_of(name, users)) > 1)


def groups_of(name: str, users: pd.DataFrame) -> tuple[str, ...]:
    """The groups that somebody belongs to: columns of a family, or the most frequent labels of a column, sorted."""
    if name in SHARES:
        return tuple(column for column in SHARES[name] if (numbers(users, column) > 0).any())
    counts = Counter(label for label in texts(users, name) if label)
    frequent = sorted(counts, key=lambda label: (-counts[label], label))[:_MOST_GROUPS]
    return tuple(sorted(frequent))


def _memberships(
    name: str, groups: tuple[str, ...], users: pd.DataFrame, user_ids: NDArray[np.str_]
) -> sparse.csr_matrix:
    rows = pd.Index(users[USER].to_numpy(dtype=object)).get_indexer(pd.Index(user_ids.astype(object)))
    described = _shares(groups, users) if name in SHARES else _labels(groups, texts(users, name))
    return rows_of(described, np.asarray(rows, dtype=np.int64))


def _shares(groups: tuple[str, ...], users: pd.DataFrame) -> sparse.csr_matrix:
    known = [np.nan_to_num(numbers(users, column)) for column in groups]
    return sparse.csr_matrix(np.stack(known, axis=1) if known else np.empty((len(users), 0), dtype=np.float32))


def _labels(groups: tuple[str, ...], labels: list[str | None]) -> sparse.csr_matrix:
    codes = pd.Index(list(groups), dtype=object).get_indexer(pd.Index(labels, dtype=object))
    told = codes >= 0
    indptr = np.concatenate([[0], np.cumsum(told)])
    return csr(np.ones(told.sum(), dtype=np.float32), codes[told], indptr, (len(labels), len(groups)))
