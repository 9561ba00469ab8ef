"""Parent and model beside each other on the same users of one window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from recommender.head import SegmentHead
from recommender.recommendations import LAYER_GLOBAL, LAYER_SEGMENT, Recommendations
from recommender.spine import Spine
from training.backtest import Fold
from training.evaluation import Cohort, FoldReader, judged
from training.settings import EvaluationSettings

if TYPE_CHECKING:
    from recommender.candidates import Scores

Judgement = tuple[pd.DataFrame, pd.DataFrame]


class Judge:
    """Judges many models on the same windows; the parent's lists are made once per window.

    Args:
        reader: of the windows.
        settings: length of the lists, what is masked.
    """

    def __init__(self, reader: FoldReader, settings: EvaluationSettings) -> None:
        self._reader, self._settings = reader, settings
        self._parents: dict[tuple[Fold, bytes], pd.DataFrame] = {}

    def beside_parent(self, cohort: Cohort, model: SegmentHead | Spine) -> Judgement:
        """Per-user metrics of the fold's parent and of ``model``."""
        if isinstance(model, SegmentHead):
            return self._head(cohort, model)
        return self._parent(cohort), self._judged(cohort, self._own_lists(cohort, model))

    def _head(self, cohort: Cohort, head: SegmentHead) -> Judgement:
        choices, spine = self._settings, cohort.fold.spine
        candidates = spine.candidates(cohort.history, cohort.users, head.extra() or None, choices.exclude_seen)

        def lists(ranking: Scores, layer: str, diversity: float) -> Recommendations:
            return spine.listed(candidates, ranking, cohort.history, choices.k, layer, choices.exclude_seen, diversity)

        parent = self._judged(cohort, lists(candidates.parent_ranking(), LAYER_GLOBAL, spine.diversity))
        return parent, self._judged(cohort, lists(head.score(candidates), LAYER_SEGMENT, head.diversity))

    def _parent(self, cohort: Cohort) -> pd.DataFrame:
        key = (cohort.fold, cohort.truth.users.ids.tobytes())
        if key not in self._parents:
            choices, spine = self._settings, cohort.fold.spine
            lists = spine.recommend(cohort.history, cohort.users, choices.k, choices.exclude_seen)
            self._parents[key] = self._judged(cohort, lists)
        return self._parents[key]

    def _own_lists(self, cohort: Cohort, spine: Spine) -> Recommendations:
        history, choices = cohort.history, self._settings
        if spine.items is not history.items:
            # another vocabulary: the same events are read over its items
            past = self._reader.events_before(cohort.fold.cutoff, cohort.fold.spine.settings.history_days)
            mine = past[past["user_id"].isin(cohort.truth.users.ids)]
            history = spine.history(mine, cohort.fold.cutoff).of_users(cohort.truth.users.ids)
        return spine.recommend(history, cohort.users, choices.k, choices.exclude_seen)

    def _judged(self, cohort: Cohort, lists: Recommendations) -> pd.DataFrame:
        return judged(cohort, lists, self._settings.k)
