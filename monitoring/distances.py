"""The two distances, vectorised over many histograms at once; equal to Evidently's (a test compares them).

Evidently does the measuring; these only answer how far apart two samples come to lie by chance, which takes hundreds
of comparisons per column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def jensen_shannon(left: Floats, right: Floats) -> Floats:
    """Jensen-Shannon distance (natural logarithm, 0 to sqrt(ln 2)) of histograms over the last axis.

    ``left`` and ``right`` hold counts or shares, shapes ``(..., values)`` that broadcast; an empty histogram gives nan.
    Source: Endres and Schindelin, "A new metric for probability distributions", IEEE Trans. Inf. Theory 49 (2003).
    """
    p, q = _shares(left), _shares(right)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return np.asarray(np.sqrt(np.maximum(divergence, 0.0)))


def wasserstein(left: Floats, right: Floats, values: Floats) -> Floats:
    """First Wasserstein distance, in units of ``values``, of histograms over the sorted ``values`` (the last axis).

    Source: on a line it is the area between the two cumulative distributions (Vallender 1974).
    """
    gaps = np.cumsum(_shares(left), axis=-1) - np.cumsum(_shares(right), axis=-1)
    area: Floats = np.asarray(np.sum(np.abs(gaps[..., :-1]) * np.diff(values), axis=-1))
    return area


def _shares(counts: Floats) -> Floats:
    totals = np.sum(counts, axis=-1, keepdims=True)
    shares: Floats = np.divide(counts, totals, out=np.full(np.shape(counts), np.nan), where=totals > 0)
    return shares


def _relative_entropy(p: Floats, q: Floats) -> Floats:
    ratio = np.divide(p, q, out=np.ones(np.broadcast(p, q).shape), where=p > 0)
    return np.asarray(np.sum(p * np.log(ratio), axis=-1))
