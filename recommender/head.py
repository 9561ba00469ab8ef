"""A segment's model: small corrections on top of the global spine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from recommender.candidates import Candidates, Scores
from recommender.history import History
from recommender.recommendations import LAYER_SEGMENT, Recommendations
from recommender.spine import Spine
from warehouse.columns import ITEM


@dataclass(frozen=True, eq=False)
class SegmentHead:
    """``score = z(parent) + sum_g blend[g] * z(score_g) + prior_weight * prior(item)``, z within the user.

    All-zero weights give exactly the parent's order.

    Args:
        segment_id: whose model this is.
        prior: log lift of the segment's popularity over everybody's, by item id (absent: 0).
        prior_weight: >= 0.
        blend: weight by generator name.
        parent_version: the registered global version it was proved on.
        extra_items: how many of the prior's best items join the candidates.
    """

    segment_id: str
    prior: Mapping[str, float]
    prior_weight: float = 0.0
    blend: Mapping[str, float] = field(default_factory=dict)
    parent_version: str = ""
    extra_items: int = 50

    def extra(self) -> tuple[str, ...]:
        """Items the prior proposes, best first; none while the prior has no weight."""
        raise NotImplementedError

    def score(self, candidates: Candidates) -> Scores:
        """One score per candidate row; minus infinity on extra rows while the prior has no weight."""
        raise NotImplementedError

    def recommend(
        self, spine: Spine, history: History, users: pd.DataFrame, k: int, exclude_seen: bool = True
    ) -> Recommendations:
        """Lists by this head over ``spine``'s candidates."""
        raise NotImplementedError


def fit_prior(
    segment_events: pd.DataFrame,
    all_events: pd.DataFrame,
    as_of: date,
    half_life_days: float,
    strength: float,
) -> dict[str, float]:
    """Log lift per item id of the segment's decayed popularity over everybody's, shrunk with ``strength`` pseudo-events."""
    raise NotImplementedError
