"""A source that shows a model only the listed features of users and items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

import pandas as pd

from recommender.source import SourceView
from warehouse.columns import CATEGORY, ITEM, PRICE, USER

# what the catalogue and the generators stand on: no features, but the things themselves
_ALWAYS = (USER, ITEM, CATEGORY, PRICE, "title", "text", "brand")


@dataclass(frozen=True, eq=False)
class ListedFeatures(SourceView):
    """``source`` without the columns of users and items that no entry of ``features`` matches (``*``: any part)."""

    features: Sequence[str]

    def users(self, as_of: date) -> pd.DataFrame:
        """Users with their listed features."""
        return self._listed(self.source.users(as_of))

    def items(self, as_of: date) -> pd.DataFrame:
        """The catalogue with its listed features."""
        return self._listed(self.source.items(as_of))

    def _listed(self, frame: pd.DataFrame) -> pd.DataFrame:
        kept = [name for name in frame.columns if name in _ALWAYS or self._allowed(str(name))]
        return frame[kept]

    def _allowed(self, name: str) -> bool:
        return any(fnmatchcase(name, entry) for entry in self.features)
