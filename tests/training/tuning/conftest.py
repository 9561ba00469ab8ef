"""Two windows of a small catalogue in which users keep to one of four tastes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.history import History
from recommender.vocabulary import Vocabulary
from training.tuning import TuningWindow

ITEMS = 60
AS_OF = date(2026, 3, 1)


def window(seed: int, users: int = 120) -> TuningWindow:
    """Half of what each user likes lies before the cutoff, the other half after it."""
    rng = np.random.default_rng(seed)
    # chances fall within a taste, so that popularity says something too
    chance = np.where(np.arange(users)[:, None] % 4 == np.arange(ITEMS) % 4, 0.7, 0.08) / (1 + np.arange(ITEMS) / 30)
    liked = np.argwhere(rng.random((users, ITEMS)) < chance)
    pairs = pd.DataFrame({"user_id": [f"u{u:03d}" for u in liked[:, 0]], "item_id": [f"i{i:02d}" for i in liked[:, 1]]})
    known = rng.random(len(pairs)) < 0.5
    events = pairs[known].assign(ts=datetime(2026, 2, 1, tzinfo=UTC), weight=1.0)
    history = History.from_events(events, AS_OF, Vocabulary.of(f"i{i:02d}" for i in range(ITEMS)))
    items = aligned(pd.DataFrame({"item_id": history.items.ids}), history.items)
    return TuningWindow.of(TrainingData(history, items), pairs[~known])


@pytest.fixture(scope="session")
def windows() -> list[TuningWindow]:
    return [window(1), window(2)]
