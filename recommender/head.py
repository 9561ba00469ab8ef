"""A segment's model: small corrections on top of the global spine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.candidates import Candidates, Scores
from recommender.history import History
from recommender.recommendations import LAYER_SEGMENT, Recommendations
from recommender.spine import Spine


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
        """The prior of every row's item; 0 where the prior does not know it."""
        by_item = np.zeros(len(candidates.items), dtype=np.float32)
        codes = candidates.items.codes(list(self.prior))
        values = np.fromiter(self.prior.values(), dtype=np.float32, count=len(self.prior))
        by_item[codes[codes >= 0]] = values[codes >= 0]
        return by_item[candidates.item_code]

    def recommend(
        self, spine: Spine, history: History, users: pd.DataFrame, k: int, exclude_seen: bool = True
    ) -> Recommendations:
        """The best ``k`` items of every user of ``history``, by this head over ``spine``'s candidates."""
        candidates = spine.candidates(history, users, self.extra() or None, exclude_seen)
        return spine.listed(candidates, self.score(candidates), history, k, LAYER_SEGMENT, exclude_seen)


def fit_prior(
    segment_events: pd.DataFrame,
    all_events: pd.DataFrame,
    as_of: date,
    half_life_days: float,
    strength: float,
) -> dict[str, float]:
    """Log lift of a segment's decayed popularity over everybody's.

    ``log((s_i + strength * g_i) / (S + strength) / g_i)`` with the segment's decayed counts ``s``, their sum ``S`` and
    everybody's shares ``g`` (Dirichlet smoothing towards the global shares, as in language models: Zhai & Lafferty
    2004). A segment without events has no lift anywhere.

    Args:
        segment_events: events of the segment's users, ``user_id item_id ts weight``.
        all_events: events of everybody, the segment included.
        as_of: later events are left out.
        half_life_days: of an event.
        strength: pseudo-events; the larger, the closer to 0 the lifts.

    Returns:
        Lift by item id, for every item that anybody liked.
    """
    if strength <= 0 or half_life_days <= 0:
        raise ValueError(f"strength and half-life must be above 0; found {strength} and {half_life_days}")
    everybody = History.from_events(all_events, as_of)
    total = _popularity(everybody, half_life_days)
    own = _popularity(History.from_events(segment_events, as_of, everybody.items), half_life_days)
    liked = total > 0
    share = total[liked] / max(float(total.sum()), 1e-12)
    lift = np.log((own[liked] + strength * share) / (own.sum() + strength) / share)
    return dict(zip(everybody.items.ids[liked].tolist(), lift.tolist(), strict=True))


def _popularity(history: History, half_life_days: float) -> NDArray[np.float64]:
    # one user counts an item once, however often it was clicked: log damps the rest
    faded = history.decayed(half_life_days)
    faded.data = np.log1p(faded.data)
    return np.asarray(faded.sum(axis=0), dtype=np.float64).ravel()
