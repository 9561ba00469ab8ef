"""Settling one choice on the tuning windows: away from the parent, and on to the next variant, only on evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from recommender.head import SegmentHead
from training.recipe import Recipe, measured
from training.task import SegmentTask


def unchanged(task: SegmentTask, strategy: str, parameters: dict[str, object]) -> Recipe:
    """The parent itself, as a head without weights."""
    head = SegmentHead(task.segment_id, {}, parent_version=task.parent_version)
    return Recipe(strategy, lambda _: head, parameters)


def best_of(first: Recipe, others: Sequence[Recipe], task: SegmentTask) -> Recipe:
    """The last recipe whose paired gain over the best before it is above ``evidence`` standard errors.

    The trace holds the mean of every recipe on the tuning windows, ``first`` included.
    """
    best, standing = first, measured(first, task)
    trace = [_mean(standing)]
    for recipe in others:
        rival = measured(recipe, task)
        trace.append(_mean(rival))
        if exceeds(rival, standing, task.settings.head.evidence):
            best, standing = recipe, rival
    return replace(best, trace=tuple(trace), parameters={**best.parameters, "tuned_on_users": len(standing)})


def exceeds(rival: pd.DataFrame, standing: pd.DataFrame, evidence: float) -> bool:
    """Whether the rival is better on the same users by more than ``evidence`` standard errors."""
    gains = rival["challenger"].to_numpy(np.float64) - standing["challenger"].to_numpy(np.float64)
    if len(gains) < 2:
        return False
    return bool(gains.mean() > max(evidence * gains.std() / np.sqrt(len(gains)), 0.0))


def _mean(frame: pd.DataFrame) -> float:
    return float(frame["challenger"].mean()) if len(frame) else float("nan")
