"""A segment's model: small corrections on top of the global spine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recommender.candidates import Candidates, Scores
from recommender.history import History
from recommender.prior import Base
from recommender.recommendations import LAYER_SEGMENT, Recommendations
from recommender.spine import Spine


@dataclass(frozen=True, eq=False)
class SegmentHead:
    """``score = z(parent) + sum_g blend[g] * z(score_g) + prior_weight * prior(item)``, z within the user.

    All-zero weights give exactly the parent's order.

    Args:
        segment_id: whose model this is.
        prior: by item id, see :meth:`recommender.prior.DecayedCounts.prior`.
        prior_weight: >= 0.
        blend: weight by generator name.
        parent_version: the registered global version it was proved on.
        extra_items: how many of the prior's best items join the candidates.
        base: what the prior's values are. An item it does not know has no lift (0), or is the least popular one.
        diversity: how much its lists are re-ranked for unlike categories (:mod:`recommender.mmr`), 0 (not) to 1.
    """

    segment_id: str
    prior: Mapping[str, float]
    prior_weight: float = 0.0
    blend: Mapping[str, float] = field(default_factory=dict)
    parent_version: str = ""
    extra_items: int = 50
    base: Base = "lift"
    diversity: float = 0.0

    def extra(self) -> tuple[str, ...]:
        """Items the prior proposes, best first; none while the prior has no weight."""
        if self.prior_weight == 0:
            return ()
        lifted = ((item, value) for item, value in self.prior.items() if value > 0)
        return tuple(item for item, _ in sorted(lifted, key=lambda pair: (-pair[1], pair[0]))[: self.extra_items])

    def score(self, candidates: Candidates) -> Scores:
        """One score per candidate row; minus infinity on extra rows while the prior has no weight."""
        if self.prior_weight == 0 and not any(self.blend.values()):
            return candidates.parent_ranking()
        total = candidates.standardised(candidates.parent) + candidates.blended(self.blend)
        if self.prior_weight == 0:
            return np.where(candidates.from_parent, total, -np.inf).astype(np.float32)
        return np.asarray(total + np.float32(self.prior_weight) * self.prior_scores(candidates), dtype=np.float32)

    def prior_scores(self, candidates: Candidates) -> Scores:
        """The prior of every row's item."""
        absent = min(self.prior.values(), default=0.0) if self.base == "popularity" else 0.0
        by_item = np.full(len(candidates.items), absent, dtype=np.float32)
        codes = candidates.items.codes(list(self.prior))
        values = np.fromiter(self.prior.values(), dtype=np.float32, count=len(self.prior))
        by_item[codes[codes >= 0]] = values[codes >= 0]
        return by_item[candidates.item_code]

    def recommend(
        self, spine: Spine, history: History, users: pd.DataFrame, k: int, exclude_seen: bool = True
    ) -> Recommendations:
        """The best ``k`` items of every user of ``history``, by this head over ``spine``'s candidates."""
        candidates = spine.candidates(history, users, self.extra() or None, exclude_seen)
        ranking = self.score(candidates)
        return spine.listed(candidates, ranking, history, k, LAYER_SEGMENT, exclude_seen, self.diversity)
