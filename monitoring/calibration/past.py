"""A segment's past as counts: what every user did on every day, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from monitoring.distances import Floats
from monitoring.levels import Levels
from monitoring.settings import ColumnRule

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ColumnPast:
    """One column: ``counts`` of its levels in every cell, CSR ``(cells, levels)``.

    ``chance`` is the distance that the newest reference's own users, drawn anew, hardly ever exceed.
    """

    rule: ColumnRule
    levels: Levels
    counts: csr_matrix
    chance: float

    @property
    def total(self) -> Floats:
        """Counts of the levels in the whole past, ``(levels,)``."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.float64).ravel()


@dataclass(frozen=True, eq=False)
class Days:
    """A sequence of days: per column the counts of its levels, ``(days, levels)``, and all rows, ``(days,)``."""

    counts: list[Floats]
    rows: Floats

    def shifted(self, share: float, habits: Sequence[Floats], start: int) -> Days:
        """From day ``start`` on, ``share`` of every day's rows are as in ``habits`` (shares of levels, per column)."""
        weight = np.where(np.arange(len(self.rows)) >= start, share, 0.0)[:, None]
        pairs = zip(self.counts, habits, strict=True)
        return Days([(1 - weight) * x + weight * x.sum(axis=1, keepdims=True) * habit for x, habit in pairs], self.rows)

    def between(self, start: int, end: int) -> Days:
        """The days ``[start, end)`` of the sequence."""
        return Days([counts[start:end] for counts in self.counts], self.rows[start:end])


@dataclass(frozen=True, eq=False)
class Past:
    """One segment's past in cells, each one user on one day: ``(cells,)`` users, blocks, days in the block and rows.

    Users are numbered; blocks of ``block_days`` days count from the oldest. ``reference_rows`` and ``current_rows``
    are those of the newest windows, with which the columns' ``chance`` was found; ``people`` are the users in them.
    """

    user: Ints
    block: Ints
    day: Ints
    rows: Floats
    columns: tuple[ColumnPast, ...]
    users: int
    blocks: int
    block_days: int
    reference_rows: int
    current_rows: int
    people: int

    def days(self, lived: Ints) -> Days:
        """The days of another sequence of blocks.

        ``lived``: which block of the past each user lives in each block of the sequence, ``(users, blocks)``; one row
        stands for all users.
        """
        chosen = np.broadcast_to(lived, (self.users, lived.shape[1]))
        cell, place = np.nonzero(chosen[self.user] == self.block[:, None])
        shape = (lived.shape[1] * self.block_days, len(self.user))
        select = csr_matrix((np.ones(len(cell)), (place * self.block_days + self.day[cell], cell)), shape=shape)
        counts = [np.asarray((select @ column.counts).toarray()) for column in self.columns]
        return Days(counts, np.asarray(select @ self.rows, dtype=np.float64))

    def as_it_was(self) -> Days:
        """The days as they really followed one another."""
        return self.days(np.arange(self.blocks)[None, :])

    def made_up(self, days: int, rng: np.random.Generator) -> Days:
        """At least so many days in which nothing moves for anybody, except by chance.

        Every user lives his own blocks in an order of their own, drawn with replacement: habits of a user, days of the
        week and how much a user varies stay. This is the bootstrap of `monitoring.noise` with a calendar.
        """
        return self.days(rng.integers(0, self.blocks, (self.users, -(-days // self.block_days))))
