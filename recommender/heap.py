"""A bounded heap over every row of a score matrix: plain Python that numba compiles (see :mod:`recommender.topk`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

_MOST_LAYERS = 32
_GROUPS_FOR_ONE = 4  # groups a kept item: with more of them the bound lies closer to the k-th best score


def best_of_rows(
    scores: Floats, indptr: Integers, indices: NDArray[np.int32], k: int, codes: Integers, best: Floats
) -> None:
    """Write every row's best ``k`` columns into ``codes`` and ``best``, both prefilled with -1 and minus infinity.

    The heap's root is the worst item kept: the lowest score and, among equals, the highest column.
    """
    width = scores.shape[1]
    layers = max(1, min(_MOST_LAYERS, width // (_GROUPS_FOR_ONE * k)))
    row, peaks = np.empty(width, dtype=np.float32), np.empty(width // layers, dtype=np.float32)
    for user in range(scores.shape[0]):
        for column in range(width):  # compiled, a loop is many times faster than a slice
            score = scores[user, column]
            row[column] = score if score == score else -np.inf
        for place in range(indptr[user], indptr[user + 1]):
            row[indices[place]] = -np.inf
        fill_heap(row, peaks, k, codes[user], best[user])
        sort_heap(codes[user], best[user])


def fill_heap(row: Floats, peaks: Floats, k: int, codes: Integers, best: Floats) -> None:
    """Keep the best ``k`` of ``row``, looking only into groups of columns that can hold one of them.

    Group ``g`` is the columns ``g, g + groups, g + 2 groups ..``; ``k`` groups have a peak that is no lower than
    the k-th best peak, so no score below that one is wanted.
    """
    groups = len(peaks)
    end = len(row) // groups * groups
    find_peaks(row, peaks)
    for group in range(groups):
        offer(codes, best, group, peaks[group], k)
    bound = best[0]
    for place in range(k):
        codes[place], best[place] = -1, -np.inf
    for group in range(groups):
        if peaks[group] >= bound:
            for column in range(group, end, groups):
                if row[column] >= bound:
                    offer(codes, best, column, row[column], k)
    for column in range(end, len(row)):
        offer(codes, best, column, row[column], k)


def find_peaks(row: Floats, peaks: Floats) -> None:
    """The best score of every group."""
    groups = len(peaks)
    for group in range(groups):
        peaks[group] = row[group]
    for start in range(groups, len(row) // groups * groups, groups):
        for group in range(groups):  # a choice, not max(): becomes vector instructions
            score = row[start + group]
            peaks[group] = score if score > peaks[group] else peaks[group]


def offer(codes: Integers, best: Floats, code: int, score: np.float32, size: int) -> None:
    """Replace the root by a better entry."""
    if is_worse(best[0], codes[0], score, code):
        codes[0], best[0] = code, score
        sift(codes, best, size)


def sort_heap(codes: Integers, best: Floats) -> None:
    """Turn the heap into a list, best first: the root, being the worst of what is left, goes to the end."""
    for last in range(len(codes) - 1, 0, -1):
        codes[0], codes[last] = codes[last], codes[0]
        best[0], best[last] = best[last], best[0]
        sift(codes, best, last)


def sift(codes: Integers, best: Floats, size: int) -> None:
    """Let the root sink until both entries below it are better."""
    at, code, score = 0, codes[0], best[0]
    child = 1
    while child < size:
        other = child + 1
        if other < size and is_worse(best[other], codes[other], best[child], codes[child]):
            child = other
        if not is_worse(best[child], codes[child], score, code):
            break
        codes[at], best[at] = codes[child], best[child]
        at = child
        child = 2 * at + 1
    codes[at], best[at] = code, score


def is_worse(score: np.float32, code: int, than: np.float32, than_code: int) -> bool:
    """Whether the first entry leaves the heap before the second: lower score, then higher column."""
    return bool(score < than or (score == than and code > than_code))
