"""The first of the two steps: every generator proposes its best unseen items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators import Generator
from recommender.history import History

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
    scores = np.stack([generator.score(history) for generator in generators])
    blocked = history.seen().toarray() if exclude_seen else np.zeros(scores.shape[1:], dtype=np.bool_)
    ranks = np.stack([ranking(values, blocked, n) for values in scores])
    proposed: NDArray[np.bool_] = np.any(ranks <= n, axis=0)
    wanted = proposed if extra is None else proposed | (extra.toarray() & ~blocked)
    users, items = np.nonzero(wanted)
    return Pairs(
        user_code=users,
        item_code=items,
        scores=np.ascontiguousarray(scores[:, users, items].T),
        ranks=ranks[:, users, items].T.astype(np.float32),
        from_parent=proposed[users, items],
    )


def ranking(scores: NDArray[np.float32], blocked: NDArray[np.bool_], n: int) -> NDArray[np.int32]:
    """Rank 1..n of every user's best items that are not blocked and score above 0; ``n + 1`` elsewhere."""
    open_scores = np.where(blocked, -np.inf, scores)
    depth = min(n, scores.shape[1])
    best = np.argpartition(-open_scores, depth - 1, axis=1)[:, :depth]
    values = np.take_along_axis(open_scores, best, axis=1)
    # ties by item code: argpartition leaves them in any order
    order = np.lexsort((best, -values), axis=1)
    places = np.where(np.take_along_axis(values, order, axis=1) > 0, np.arange(1, depth + 1), n + 1)
    ranks = np.full(scores.shape, n + 1, dtype=np.int32)
    np.put_along_axis(ranks, np.take_along_axis(best, order, axis=1), places.astype(np.int32), axis=1)
    return ranks
