"""The global two-stage model: generators propose, a ranker orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from recommender.candidates import Candidates
from recommender.history import History
from recommender.recommendations import Recommendations
from recommender.settings import SpineSettings
from recommender.source import TrainingSource
from recommender.vocabulary import Vocabulary

Extra = Sequence[str] | Mapping[str, Sequence[str]]


class Spine:
    """The parent of every segment model."""

    items: Vocabulary
    as_of: date
    settings: SpineSettings
    facts: dict[str, Any]
    segment_id: str

    @classmethod
    def fit(
        cls,
        source: TrainingSource,
        as_of: date,
        settings: SpineSettings,
        progress: Callable[[str], None] | None = None,
        segment_id: str = "global",
    ) -> Spine:
        """Fit on events before ``as_of``."""
        raise NotImplementedError

    def history(self, events: pd.DataFrame, as_of: date) -> History:
        """The events as a history over the spine's own items."""
        return History.from_events(events, as_of, self.items)

    def candidates(
        self, history: History, users: pd.DataFrame, extra: Extra | None = None, exclude_seen: bool = True
    ) -> Candidates:
        """Candidate rows; ``extra`` adds items for all users (a sequence) or per user id (a mapping)."""
        raise NotImplementedError

    def recommend(self, history: History, users: pd.DataFrame, k: int, exclude_seen: bool = True) -> Recommendations:
        """Lists for every user of the history."""
        raise NotImplementedError
