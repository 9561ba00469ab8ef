"""The first of the two steps: every generator proposes its best unseen items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators import Generator
from recommender.history import History
from recommender.topk import top_k

_CELLS = 8_000_000  # users x items scored at once: bounds the memory of large catalogues
_MOST_USERS = 1024


@dataclass(frozen=True, eq=False)
class Pairs:
    """Proposed rows, sorted by user, then item.

    Args:
        user_code: row of the history.
        item_code: column of the history.
        scores: float32 ``(rows, n_generators)``.
        ranks: float32 of the same shape, 1 = best unseen item; one past the last proposed rank for all others.
        from_parent: False where only ``extra`` asked for the row.
    """

    user_code: NDArray[np.int64]
    item_code: NDArray[np.int64]
    scores: NDArray[np.float32]
    ranks: NDArray[np.float32]
    from_parent: NDArray[np.bool_]

    def pick(self, rows: NDArray[np.int64]) -> Pairs:
        """Only these rows."""
        return Pairs(
            self.user_code[rows], self.item_code[rows], self.scores[rows], self.ranks[rows], self.from_parent[rows]
        )


def batches(history: History) -> Iterator[NDArray[np.int64]]:
    """User codes in runs small enough to score the whole catalogue for."""
    size = max(1, min(_MOST_USERS, _CELLS // max(len(history.items), 1)))
    for start in range(0, len(history.users), size):
        yield np.arange(start, min(start + size, len(history.users)))


def retrieve(
    generators: Sequence[Generator],
    history: History,
    n: int,
    exclude_seen: bool = True,
    extra: sparse.csr_matrix | None = None,
) -> Pairs:
    """The union of every generator's ``n`` best items, plus ``extra`` ones.

    Only scores above 0 propose, so users of whom nothing is known get popular items alone.

    Args:
        generators: fitted on ``history.items``.
        history: a batch of users (:func:`batches`).
        n: proposals of one generator for one user.
        exclude_seen: never propose an item of the history.
        extra: bool ``(n_users, n_items)``, items asked for in addition.
    """
    scores = [generator.score(history) for generator in generators]
    shape = (len(history.users), len(history.items))
    seen = history.seen() if exclude_seen else None
    chosen = [_proposals(values, n, seen) for values in scores]
    wanted, proposed = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for cells, _ in chosen:
        proposed.ravel()[cells] = True
    if extra is not None:
        wanted[_stored(extra)] = True
        wanted[_stored(seen)] = False
    cells = np.flatnonzero(wanted | proposed)
    return Pairs(
        user_code=cells // shape[1],
        item_code=cells % shape[1],
        scores=np.stack([values.ravel()[cells] for values in scores], axis=1),
        ranks=np.stack([_ranks(cells, *proposals, n) for proposals in chosen], axis=1),
        from_parent=proposed.ravel()[cells],
    )


def _proposals(
    scores: NDArray[np.float32], n: int, seen: sparse.csr_matrix | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells (user times width plus item) of every user's ``n`` best items that score above 0, and their ranks."""
    codes, values = top_k(scores, n, seen)
    users, places = np.nonzero(values > 0)
    return users * scores.shape[1] + codes[users, places], places + 1


def _ranks(
    cells: NDArray[np.int64], proposed: NDArray[np.int64], ranks: NDArray[np.int64], n: int
) -> NDArray[np.float32]:
    """The rank of every cell; ``n + 1`` where it was not proposed."""
    found = np.full(len(cells), n + 1, dtype=np.float32)
    found[np.searchsorted(cells, proposed)] = ranks
    return found


def _stored(matrix: sparse.csr_matrix | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if matrix is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices.astype(np.int64)
