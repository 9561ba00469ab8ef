"""The drift measurement without Evidently: the same distances, for benchmarks that measure thousands of times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pandas as pd

from monitoring import drift
from monitoring.coding import Coded
from monitoring.distances import jensen_shannon
from monitoring.measurement import Limits
from monitoring.settings import ColumnRule


@contextmanager
def without_evidently() -> Iterator[None]:
    """Inside, `monitoring.drift` asks :func:`plain_distances` and keeps no snapshots; a test holds the two equal."""
    evidently = drift._evidently
    drift._evidently = plain_distances
    try:
        yield
    finally:
        drift._evidently = evidently


def plain_distances(
    rules: list[ColumnRule],
    coded: Mapping[str, Coded],
    limits: Mapping[str, Limits],  # noqa: ARG001 - as Evidently is asked
) -> tuple[None, dict[str, float]]:
    """No snapshot, and the distance of every column."""
    return None, {rule.name: _distance(coded[rule.name], rule) for rule in rules}


def _distance(x: Coded, rule: ColumnRule) -> float:
    if rule.kind == "categorical":
        counts = pd.concat([x.reference.value_counts(), x.current.value_counts()], axis=1).fillna(0.0).to_numpy()
        return float(jensen_shannon(counts[:, 0], counts[:, 1]))
    from scipy.stats import wasserstein_distance

    reference, current = x.reference.dropna(), x.current.dropna()
    return float(wasserstein_distance(reference, current) / max(float(np.std(reference)), 1e-3))
