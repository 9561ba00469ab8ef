"""The ranker's matrix: generator scores, the pair, the item, the user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.catalogue import Catalogue
from recommender.habits import HABIT_FEATURES, user_habits
from recommender.history import History
from recommender.matrices import rows_of
from recommender.preprocessing import TableEncoding
from recommender.retrieval import Pairs
from recommender.trends import TREND_FEATURES
from warehouse.columns import USER

Matrix = NDArray[np.float32]
_ADOPTERS = TREND_FEATURES.index("adopters")
_AGE = TREND_FEATURES.index("age_days")
_IDLE = HABIT_FEATURES.index("idle_days")


@dataclass(frozen=True, eq=False)
class UserRows:
    """What the ranker reads of users, one row a user.

    Args:
        features: float32, columns as preprocessing makes them.
        members: the groups they belong to, one matrix for each lift of the catalogue.
    """

    features: Matrix
    members: tuple[sparse.csr_matrix, ...] = ()

    @classmethod
    def of(
        cls, users: pd.DataFrame, user_ids: NDArray[np.str_], encoding: TableEncoding, catalogue: Catalogue
    ) -> UserRows:
        """``user_ids`` in their order, as ``users`` describes them; users and columns may be absent."""
        members = tuple(lift.members(users, user_ids) for lift in catalogue.lifts)
        return cls(user_matrix(users, user_ids, encoding), members)

    def pick(self, rows: NDArray[np.int64]) -> UserRows:
        """Only these rows."""
        return UserRows(self.features[rows], tuple(rows_of(part, rows) for part in self.members))


def user_matrix(users: pd.DataFrame, user_ids: NDArray[np.str_], encoding: TableEncoding) -> Matrix:
    """User features ``(n_users, columns)`` as ``encoding`` makes them; users without a row are all missing to it."""
    rows = pd.Index(users[USER].to_numpy(dtype=object)).get_indexer(pd.Index(user_ids.astype(object)))
    # the last row stands for strangers, whom get_indexer gives -1
    known = np.vstack([encoding.transform(users), encoding.unknown])
    return np.asarray(known[rows], dtype=np.float32)


def assemble(pairs: Pairs, history: History, catalogue: Catalogue, users: UserRows, half_life: float) -> Matrix:
    """One row per pair, columns as ``FeatureSchema.names``; float32, C order.

    Args:
        pairs: codes into ``history``.
        history: the batch that the pairs were retrieved for.
        catalogue: the items' arrays.
        users: in the order of ``history.users``.
        half_life: days, of the taste profile.
    """
    blocks = (
        pairs.scores,
        pairs.ranks,
        _shares(pairs, len(history.users)),
        _pair_block(pairs, history, catalogue, half_life),
        *_lifts(pairs, catalogue, users),
        catalogue.trends[pairs.item_code],
        catalogue.features[pairs.item_code],
        users.features[pairs.user_code],
    )
    return np.concatenate(blocks, axis=1, dtype=np.float32)


def _shares(pairs: Pairs, users: int) -> Matrix:
    """Scores over the best that the user's own proposals have: raw scores of long and short histories differ."""
    best = np.zeros((users, pairs.scores.shape[1]), dtype=np.float32)
    np.maximum.at(best, pairs.user_code[pairs.from_parent], pairs.scores[pairs.from_parent])
    return np.asarray(pairs.scores / np.maximum(best, np.float32(1e-12))[pairs.user_code] * (best > 0)[pairs.user_code])


def _pair_block(pairs: Pairs, history: History, catalogue: Catalogue, half_life: float) -> Matrix:
    profile = history.decayed(half_life, anchor="user")
    total = np.asarray(profile.sum(axis=1), dtype=np.float32).ravel()
    profile.data = profile.data / np.repeat(total, np.diff(profile.indptr))
    habits = user_habits(history)
    adopters, age = np.log1p(catalogue.trends[:, _ADOPTERS]), catalogue.trends[:, _AGE]
    columns = (
        _affinity(profile, catalogue.categories, pairs),
        _affinity(profile, catalogue.brands, pairs),
        *(_distance(profile, of_item, pairs) for of_item in (catalogue.log_price, adopters, age)),
        habits[pairs.user_code, _IDLE] - age[pairs.item_code],
        *habits[pairs.user_code].T,
        np.log1p(total)[pairs.user_code],
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _lifts(pairs: Pairs, catalogue: Catalogue, users: UserRows) -> list[Matrix]:
    """One column a lift."""
    lifts = zip(catalogue.lifts, users.members, strict=True)
    return [lift.score(members, pairs.user_code, pairs.item_code)[:, None] for lift, members in lifts]


def _affinity(profile: sparse.csr_matrix, labels: sparse.csr_matrix, pairs: Pairs) -> Matrix:
    """Share of the user's taste that lies in the item's labels."""
    taste = (profile @ labels).toarray()
    rows = rows_of(labels, pairs.item_code)
    # users by items would be dense: a few labels reach the whole catalogue
    owner = np.repeat(np.arange(len(pairs.item_code)), np.diff(rows.indptr))
    shares = rows.data * taste[pairs.user_code[owner], rows.indices]
    return np.bincount(owner, weights=shares, minlength=len(pairs.item_code)).astype(np.float32)


def _distance(profile: sparse.csr_matrix, of_item: Matrix, pairs: Pairs) -> Matrix:
    """The item's value less the mean over what the user liked; NaN where either is unknown."""
    known = np.isfinite(of_item)
    weight = np.asarray(profile @ known.astype(np.float32))
    total = np.asarray(profile @ np.where(known, of_item, 0).astype(np.float32))
    usual = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
    return np.asarray(of_item[pairs.item_code] - usual[pairs.user_code], dtype=np.float32)
