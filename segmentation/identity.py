"""Who is who after a refit: clusters inherit the ids of the segments whose users they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Transition:
    """How many of today's users the old rule puts into ``old`` and the new one into ``new``."""

    old: str
    new: str
    users: int


def inherit(
    old: Sequence[str], new: Sequence[int], groups: int, next_number: int, minimum_overlap: float
) -> tuple[tuple[str, ...], int]:
    """Ids for ``groups`` new segments, and the number of the next id.

    Args:
        old: today's users' ids by the previous segmentation; empty at the first fit.
        new: the same users' group in the new one.
        groups: number of new segments.
        next_number: the number of the first id never used.
        minimum_overlap: least Jaccard overlap to inherit an id.

    Pairs maximise the summed Jaccard overlap (Hungarian method); whoever finds no partner is born.
    """
    from scipy.optimize import linear_sum_assignment

    known = sorted(set(old))
    overlap = _jaccard(old, new, known, groups)
    rows, columns = linear_sum_assignment(-overlap)
    pairs = zip(rows, columns, strict=True)
    heirs = {int(c): known[int(r)] for r, c in pairs if overlap[r, c] >= minimum_overlap}
    ids = []
    for group in range(groups):
        ids.append(heirs.get(group, f"s{next_number}"))
        next_number += group not in heirs
    return tuple(ids), next_number


def transitions(old: Sequence[str], new: Sequence[str]) -> tuple[Transition, ...]:
    """The flows between two assignments of the same users, sorted."""
    counts: dict[tuple[str, str], int] = {}
    for pair in zip(old, new, strict=True):
        counts[pair] = counts.get(pair, 0) + 1
    return tuple(Transition(a, b, n) for (a, b), n in sorted(counts.items()))


def _jaccard(old: Sequence[str], new: Sequence[int], known: Sequence[str], groups: int) -> NDArray[np.float64]:
    both = np.zeros((len(known), groups))
    place = {name: n for n, name in enumerate(known)}
    if len(old):
        np.add.at(both, (np.array([place[o] for o in old]), np.asarray(new, dtype=int)), 1)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    shares: NDArray[np.float64] = both / np.maximum(either, 1)
    return shares
