"""The items as arrays: everything about them that scoring one user needs, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.history import History
from recommender.lifts import Lift
from recommender.matrices import Arrays, csr, pack, unpack
from recommender.preprocessing import TableEncoding
from recommender.preprocessing.columns import numbers
from recommender.trends import item_trends
from recommender.vocabulary import Vocabulary
from warehouse.columns import CATEGORY, ITEM, PRICE


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Item arrays in the order of ``items``.

    Args:
        items: the ids.
        features: float32 ``(n_items, columns)`` as preprocessing makes them.
        categories: which categories an item belongs to, float32 CSR, rows sum to 1 (``"a|b"`` counts half each).
        brands: the same for brands.
        log_price: float32 ``(n_items,)``, NaN where unknown.
        trends: float32 ``(n_items, len(TREND_FEATURES))``, see :func:`recommender.trends.item_trends`.
        lifts: what groups of users like more than everybody does.
    """

    items: Vocabulary
    features: NDArray[np.float32]
    categories: sparse.csr_matrix
    brands: sparse.csr_matrix
    log_price: NDArray[np.float32]
    trends: NDArray[np.float32]
    lifts: tuple[Lift, ...] = ()

    @classmethod
    def of(
        cls, items: pd.DataFrame, encoding: TableEncoding, history: History, lifts: Sequence[Lift] = ()
    ) -> Catalogue:
        """Read an items frame aligned with ``history.items`` (:func:`aligned`), and what the log says about them."""
        price = numbers(items, PRICE)
        return cls(
            items=Vocabulary(items[ITEM].to_numpy(dtype=np.str_)),
            features=encoding.transform(items),
            categories=memberships(items, CATEGORY),
            brands=memberships(items, "brand"),
            log_price=np.log1p(np.where(price >= 0, price, np.nan)).astype(np.float32),
            trends=item_trends(history),
            lifts=tuple(lifts),
        )

    def arrays(self) -> Arrays:
        """Everything but the ids and the names of groups."""
        dense = {"features": self.features, "log_price": self.log_price, "trends": self.trends}
        lifts = {f"lift.{lift.name}": lift.by_item for lift in self.lifts}
        return dense | lifts | pack("categories", self.categories) | pack("brands", self.brands)

    @classmethod
    def from_arrays(cls, items: Vocabulary, arrays: Arrays, groups: Mapping[str, Sequence[str]]) -> Catalogue:
        """Restore what :meth:`arrays` gave; ``groups`` by the name of their lift."""
        labels = {name: unpack(name, arrays) for name in ("categories", "brands")}
        lifts = tuple(Lift(name, tuple(known), arrays[f"lift.{name}"]) for name, known in groups.items())
        features, price, trends = (arrays[name] for name in ("features", "log_price", "trends"))
        return cls(items, features, log_price=price, trends=trends, lifts=lifts, **labels)


def aligned(items: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """One row per id of the vocabulary, in its order; ids without a row get missing values."""
    rows = items.drop_duplicates(ITEM, keep="last").set_index(ITEM)
    return rows.reindex(vocabulary.ids.astype(object)).rename_axis(ITEM).reset_index()


def memberships(items: pd.DataFrame, column: str) -> sparse.csr_matrix:
    """Items by labels; ``"Action|Comedy"`` belongs half to each."""
    values = items[column].tolist() if column in items else [None] * len(items)
    labels = [sorted(set(value.split("|"))) if isinstance(value, str) and value else [] for value in values]
    distinct = Vocabulary.of(label for entry in labels for label in entry)
    lengths = np.array([len(entry) for entry in labels], dtype=np.int64)
    flat = distinct.codes([label for entry in labels for label in entry])
    share = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return csr(share, flat, indptr, (len(items), max(len(distinct), 1)))
