"""Users moving between segments: sizes, flows and newcomers, from two assignments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitoring.distances import jensen_shannon
from monitoring.settings import DriftSettings
from warehouse import columns as c


@dataclass(frozen=True)
class Flow:
    """How many users went from one segment to another."""

    source: str
    target: str
    users: int


@dataclass(frozen=True)
class MixMeasurement:
    """How the make-up of the segments changed.

    ``sizes``: (segment_id, users before, users after). ``flows``: moves between different segments, largest first.
    ``moved_share``: movers among the users of both assignments; ``new_share``: users only in the current one among
    its users. ``distance``: Jensen-Shannon over the sizes, to be held against ``threshold``.
    """

    sizes: tuple[tuple[str, int, int], ...]
    flows: tuple[Flow, ...]
    moved_share: float
    new_share: float
    distance: float
    threshold: float
    enough: bool

    @property
    def drifted(self) -> bool:
        """Whether the sizes moved beyond the threshold."""
        return self.enough and self.distance > self.threshold


def measure_mix(reference: pd.DataFrame, current: pd.DataFrame, settings: DriftSettings) -> MixMeasurement:
    """Compare two assignments (``user_id segment_id``, one row a user).

    The threshold is the larger of ``mix_threshold`` and what chance exceeds with probability ``alpha``: eight times
    the squared distance, over ``1/n + 1/m``, is nearly chi-square with one degree less than segments (Menendez and
    others, "The Jensen-Shannon divergence", J. Franklin Inst. 334, 1997).
    """
    before, after = (side.set_index(c.USER)[c.SEGMENT].astype(str) for side in (reference, current))
    segments = sorted(set(before) | set(after))
    left, right = (side.value_counts().reindex(segments, fill_value=0) for side in (before, after))
    both = pd.concat([before.rename("source"), after.rename("target")], axis=1, join="inner")
    moves = both[both["source"] != both["target"]]
    return MixMeasurement(
        sizes=tuple((s, int(left[s]), int(right[s])) for s in segments),
        flows=_flows(moves),
        moved_share=len(moves) / max(len(both), 1),
        new_share=float((~after.index.isin(before.index)).mean()) if len(after) else 0.0,
        distance=float(jensen_shannon(*(np.asarray(side, dtype=np.float64) for side in (left, right)))),
        threshold=_threshold(len(before), len(after), len(segments), settings),
        enough=min(len(before), len(after)) >= settings.min_users and len(segments) > 1,
    )


def _flows(moves: pd.DataFrame) -> tuple[Flow, ...]:
    counted = Counter(zip(moves["source"], moves["target"], strict=True))
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Flow(source, target, users) for (source, target), users in ordered)


def _threshold(before: int, after: int, segments: int, settings: DriftSettings) -> float:
    from scipy.stats import chi2

    if min(before, after, segments - 1) < 1:
        return settings.mix_threshold
    chance = chi2.isf(settings.alpha, segments - 1) * (1 / before + 1 / after) / 8
    return max(settings.mix_threshold, float(np.sqrt(chance)))
