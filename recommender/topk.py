"""The best ``k`` of many scores, row by row: matrix product, then one bounded heap a user, compiled by numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import heap
from recommender.compilation import compiled

NOTHING = -1
"""The code where a row has fewer than ``k`` items that may be taken."""

_CELLS = 2_000_000  # users x items multiplied at once: 8 MB of float32, near the processor's own memory
# Below either, numpy has answered before compiled code is loaded (a second a process); a request is one row.
_COMPILED_ROWS, _COMPILED_CELLS = 32, 1_500_000

Codes = NDArray[np.int64]
Scores = NDArray[np.float32]


def top_k(scores: Scores, k: int, seen: sparse.csr_matrix | None = None) -> tuple[Codes, Scores]:
    """The best ``k`` columns of every row, best first; equal scores go to the lower column.

    Args:
        scores: float32 ``(n_users, n_items)``; NaN and minus infinity are never taken.
        k: at least 1.
        seen: ``(n_users, n_items)``, the stored entries are never taken.

    Returns:
        Codes ``(n_users, k)``, -1 where nothing is left, and their scores, minus infinity there.

    Raises:
        ValueError: ``k`` below 1, or ``seen`` of another shape.
    """
    indptr, indices = _pattern(scores.shape, k, seen)
    if len(scores) < _COMPILED_ROWS or scores.size < _COMPILED_CELLS:
        return _with_numpy(scores, k, indptr, indices)
    return _with_heap(np.ascontiguousarray(scores, dtype=np.float32), k, indptr, indices)


def top_k_products(users: Scores, items: Scores, k: int, seen: sparse.csr_matrix | None = None) -> tuple[Codes, Scores]:
    """Like :func:`top_k` of ``users @ items.T``, which is never held whole.

    Args:
        users: float32 ``(n_users, factors)``.
        items: float32 ``(n_items, factors)``.
        k: at least 1.
        seen: ``(n_users, n_items)``, the stored entries are never taken.
    """
    codes, scores = _nothing(len(users), k)
    columns = np.ascontiguousarray(items.T, dtype=np.float32)
    step = max(1, _CELLS // max(len(items), 1))
    room = np.empty((min(step, len(users)), len(items)), dtype=np.float32)
    for start in range(0, len(users), step):
        rows = slice(start, min(start + step, len(users)))
        products = np.matmul(users[rows], columns, out=room[: rows.stop - start])
        codes[rows], scores[rows] = top_k(products, k, None if seen is None else seen[rows])
    return codes, scores


def _pattern(
    shape: tuple[int, ...], k: int, seen: sparse.csr_matrix | None
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    if k < 1:
        raise ValueError(f"the best k items need k >= 1; found k={k}")
    if seen is None:
        return np.zeros(shape[0] + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    if seen.shape != shape:
        raise ValueError(f"'seen' must have the shape of the scores, {shape}; found {seen.shape}")
    return seen.indptr.astype(np.int64), seen.indices.astype(np.int32)


def _nothing(rows: int, k: int) -> tuple[Codes, Scores]:
    return np.full((rows, k), NOTHING, dtype=np.int64), np.full((rows, k), -np.inf, dtype=np.float32)


def _with_numpy(scores: Scores, k: int, indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> tuple[Codes, Scores]:
    codes, best = _nothing(len(scores), k)
    depth = min(k, scores.shape[1])
    if depth == 0 or len(scores) == 0:
        return codes, best
    free = np.where(np.isnan(scores), -np.inf, scores).astype(np.float32)
    free[np.repeat(np.arange(len(scores)), np.diff(indptr)), indices] = -np.inf
    found = np.nonzero(_wanted(free, depth))[1].reshape(len(scores), depth)
    values = np.take_along_axis(free, found, axis=1)
    order = np.lexsort((found, -values), axis=1)
    best[:, :depth] = np.take_along_axis(values, order, axis=1)
    codes[:, :depth] = np.where(np.isneginf(best[:, :depth]), NOTHING, np.take_along_axis(found, order, axis=1))
    return codes, best


def _wanted(free: Scores, depth: int) -> NDArray[np.bool_]:
    """``depth`` columns a row: all above the row's bound and, of those level with it, the first ones."""
    bound = np.partition(free, free.shape[1] - depth, axis=1)[:, free.shape[1] - depth, None]
    wanted: NDArray[np.bool_] = free >= bound
    for row in np.flatnonzero(np.count_nonzero(wanted, axis=1) > depth):
        level = np.flatnonzero(free[row] == bound[row])
        wanted[row, level[depth - np.count_nonzero(free[row] > bound[row]) :]] = False
    return wanted


def _with_heap(scores: Scores, k: int, indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> tuple[Codes, Scores]:
    codes, best = _nothing(len(scores), k)
    _compiled()(scores, indptr, indices, k, codes, best)
    return codes, best


@cache
def _compiled() -> Callable[..., None]:
    """The heap as machine code."""
    import numba

    for function in (heap.is_worse, heap.sift, heap.offer, heap.sort_heap, heap.find_peaks, heap.fill_heap):
        numba.extending.register_jitable(function)
    return compiled(heap.best_of_rows)
