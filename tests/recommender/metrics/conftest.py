"""Truths, histories and lists of eight items, small enough to be counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from recommender.history import History
from recommender.metrics import Truth, truth_of
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


class World:
    """Builders over the items ``a`` to ``h``."""

    items = Vocabulary.of("abcdefgh")
    as_of = AS_OF

    def history(self, met: Mapping[str, str]) -> History:
        """What each user met, one letter an item."""
        rows = [(user, item) for user, items in met.items() for item in items]
        events = pd.DataFrame(rows, columns=["user_id", "item_id"]).assign(weight=1.0)
        events["ts"] = pd.Timestamp(2026, 2, 1, tz="UTC")
        return History.from_events(events, AS_OF, self.items)

    def truth(self, liked: Mapping[str, str], history: History | None = None) -> Truth:
        """What each user liked; letters beyond ``h`` lie outside the catalogue."""
        rows = [(user, item) for user, items in liked.items() for item in items]
        holdout = pd.DataFrame(rows, columns=["user_id", "item_id"])
        return truth_of(holdout, history or History.empty(Vocabulary.empty(), self.items, AS_OF))

    def lists(self, *ranked: str, k: int = 8) -> NDArray[np.int64]:
        """One list a user, best first, -1 where it is short."""
        codes = np.full((len(ranked), k), -1)
        for row, letters in enumerate(ranked):
            codes[row, : len(letters)] = self.items.codes(list(letters))
        return codes


@pytest.fixture(scope="session")
def eight() -> World:
    return World()
