"""What a segment must beat to mean anything: random groups of its size, and the parent with the same extra budget."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.heads import head_evaluation, tune_head
from training.strategies import Strategy
from training.task import SegmentTask

_PLACEBO, _REST, _EVERYBODY = "placebo", "rest", "everybody"


def placebo(task: SegmentTask, strategy: Strategy, seed: int = 0) -> float:
    """The mean difference to the parent that ``strategy`` reaches for a random group of the segment's size.

    The group is drawn by a hash of the user id, so a user is in it at every cutoff or at none. NaN where nobody
    could be evaluated.
    """
    everyone = task.assignments(task.as_of)
    share = len(task.members(task.as_of)) / max(len(everyone), 1)

    def drawn(as_of: date) -> pd.Series:
        users = task.assignments(as_of).index
        inside = np.fromiter((_lot(str(user), seed) < share for user in users), dtype=bool, count=len(users))
        return pd.Series(np.where(inside, _PLACEBO, _REST), index=users)

    group = replace(task, segment_id=_PLACEBO, assignments=drawn)
    return _difference(strategy.challenge(group).evaluation)


def control(task: SegmentTask) -> float:
    """The mean difference to the parent, on the segment's users, of blend weights tuned on everybody.

    It gets the same trials as the segment's head and no segment information: what remains is what tuning alone buys.
    """

    def everybody(as_of: date) -> NDArray[np.object_]:
        return np.asarray(task.assignments(as_of).index, dtype=object)

    reader = task.reading
    # one name for all segments: with kept studies the next segment reads what the first has tuned
    shared = replace(task, segment_id=_EVERYBODY, reader=reader)
    tuned = tune_head(shared, reader, everybody, with_prior=False)
    parameters = replace(tuned.parameters, prior_weight=0.0)
    return _difference(head_evaluation(task, reader, parameters, everybody, task.members))


def _difference(evaluation: pd.DataFrame) -> float:
    return float((evaluation["challenger"] - evaluation["parent"]).mean()) if len(evaluation) else float("nan")


def _lot(user: str, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed}:{user}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
