"""What users did before a day: the sparse matrices that every model scores from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.matrices import csr, empty, like, rows_of
from recommender.vocabulary import Vocabulary
from warehouse.columns import ITEM, TS, USER, WEIGHT
from warehouse.windows import midnight

_DAY_MICROS = 86_400_000_000


@dataclass(frozen=True, eq=False)
class History:
    """Users by items, as of the midnight that begins ``as_of``.

    Args:
        users: the rows.
        items: the columns.
        weights: summed event weights, float32 CSR; a stored value <= 0 means seen but not liked.
        age_days: days between the newest event of the pair and ``as_of``, same pattern as ``weights``.
        as_of: events lie before this day.
        first_days: age of the pair's oldest event, one per stored value of ``weights``. Models read it when they are
            fitted; histories picked by user do not carry it.
    """

    users: Vocabulary
    items: Vocabulary
    weights: sparse.csr_matrix
    age_days: sparse.csr_matrix
    as_of: date
    first_days: NDArray[np.float32] | None = None

    @classmethod
    def from_events(cls, events: pd.DataFrame, as_of: date, items: Vocabulary | None = None) -> History:
        """Sum the events before ``as_of`` per user and item.

        Args:
            events: columns ``user_id item_id ts weight``; later events and unknown items are left out.
            as_of: the first day that is not seen.
            items: the columns to use; by default the items of the events.
        """
        micros = _micros(events[TS])
        cutoff = int(midnight(as_of).timestamp()) * 1_000_000
        past = micros < cutoff
        users, user_codes = _factorise(events[USER], past)
        met, met_codes = _factorise(events[ITEM], past)
        columns = items if items is not None else met
        item_codes = np.append(columns.codes(met.ids), -1)[met_codes]
        known = item_codes >= 0
        age = (cutoff - micros[past][known]) / _DAY_MICROS
        weight = events[WEIGHT].to_numpy(dtype=np.float64)[past][known]
        return cls._summed(users, columns, user_codes[known], item_codes[known], weight, age, as_of)

    @classmethod
    def empty(cls, users: Vocabulary, items: Vocabulary, as_of: date) -> History:
        """Users of whom nothing is known."""
        return cls(users, items, empty(len(users), len(items)), empty(len(users), len(items)), as_of)

    @classmethod
    def _summed(
        cls,
        users: Vocabulary,
        items: Vocabulary,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        weight: NDArray[np.float64],
        age: NDArray[np.float64],
        as_of: date,
    ) -> History:
        width = max(len(items), 1)
        pairs, where = np.unique(rows * width + columns, return_inverse=True)
        total = np.bincount(where, weights=weight, minlength=len(pairs)).astype(np.float32)
        newest, oldest = np.full(len(pairs), np.inf), np.zeros(len(pairs))
        np.minimum.at(newest, where, age)
        np.maximum.at(oldest, where, age)
        indptr = np.searchsorted(pairs, np.arange(len(users) + 1) * width)
        shape = (len(users), len(items))
        matrix = csr(total, pairs % width, indptr, shape)
        ages = csr(newest.astype(np.float32), pairs % width, indptr, shape)
        return cls(users, items, matrix, ages, as_of, oldest.astype(np.float32))

    def rows(self, user_codes: NDArray[np.int64]) -> History:
        """Only these users, in this order."""
        return self._picked(Vocabulary(self.users.ids[user_codes]), user_codes)

    def of_users(self, user_ids: NDArray[np.str_]) -> History:
        """These users in this order; those without any event get an empty row."""
        wanted = Vocabulary(np.asarray(user_ids, dtype=np.str_))
        return self._picked(wanted, self.users.codes(wanted.ids))

    def _picked(self, users: Vocabulary, codes: NDArray[np.int64]) -> History:
        return History(users, self.items, rows_of(self.weights, codes), rows_of(self.age_days, codes), self.as_of)

    def seen(self) -> sparse.csr_matrix:
        """Every pair with an event, liked or not: bool CSR."""
        return like(self.weights, np.ones(self.weights.nnz, dtype=np.bool_))

    def liked(self) -> sparse.csr_matrix:
        """The positive weights only: float32 CSR without stored zeros."""
        positive = like(self.weights, np.maximum(self.weights.data, 0))
        positive.eliminate_zeros()
        return positive

    def adoptions(self) -> sparse.csr_matrix:
        """Days since the user's first event with each liked item: float32 CSR.

        The newest event stands in where the first is not known.
        """
        first = self.age_days.data if self.first_days is None else self.first_days
        liked = self.weights.data > 0
        rows = np.concatenate([[0], np.cumsum(liked)])[self.weights.indptr]
        shape = (self.weights.shape[0], self.weights.shape[1])
        return csr(first[liked], self.weights.indices[liked], rows, shape)

    def decayed(self, half_life_days: float, anchor: Literal["as_of", "user"] = "as_of") -> sparse.csr_matrix:
        """Positive weights halved every ``half_life_days``.

        With anchor ``user`` ages count from the user's own newest event: a user who paused keeps a full profile.
        """
        age = self.age_days.data
        if anchor == "user":
            age = age - np.repeat(self._youngest(), np.diff(self.age_days.indptr))
        faded = np.maximum(self.weights.data, 0) * np.exp2(-age / half_life_days)
        matrix = like(self.weights, faded.astype(np.float32))
        matrix.eliminate_zeros()
        return matrix

    def _youngest(self) -> NDArray[np.float32]:
        lengths = np.diff(self.age_days.indptr)
        youngest = np.zeros(len(self.users), dtype=np.float32)
        filled = lengths > 0
        if filled.any():
            youngest[filled] = np.minimum.reduceat(self.age_days.data, self.age_days.indptr[:-1][filled])
        return youngest


def _micros(ts: pd.Series) -> NDArray[np.int64]:
    utc = pd.to_datetime(ts, utc=True)
    return utc.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)


def _factorise(ids: pd.Series, kept: NDArray[np.bool_]) -> tuple[Vocabulary, NDArray[np.int64]]:
    """The distinct ids, sorted, and the code of every kept row; -1 where the id is missing."""
    codes, found = pd.factorize(ids if kept.all() else ids[kept])
    distinct = np.asarray(found, dtype=object).astype(np.str_)
    order = np.argsort(distinct, kind="stable")
    place = np.full(len(order) + 1, -1, dtype=np.int64)  # the last one: of missing ids
    place[order] = np.arange(len(order))
    return Vocabulary(distinct[order]), place[codes]
