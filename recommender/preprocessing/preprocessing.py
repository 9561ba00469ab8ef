"""The one preprocessing object: fitted on the training window, stored with the model, the same at serving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import numpy as np
import pandas as pd

from recommender.matrices import Arrays
from recommender.preprocessing.ratings import RatingMeans
from recommender.preprocessing.settings import PreprocessingSettings
from recommender.preprocessing.table import TableEncoding
from warehouse.columns import ITEM, TS, TYPE, USER, WEIGHT
from warehouse.windows import midnight

_RATING = "rating"
# where fewer ratings say no, ratings are likes by another name, and their mean is no neutral point
_LEAST_NEGATIVE = 0.05


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """What was learnt of the users' and items' columns and of the ratings.

    Args:
        settings: how it was fitted.
        users: the columns of the users frame.
        items: the columns of the items frame.
        ratings: shrunken means of the ratings' weights; None where ratings are not centred.
        report: what was missing, capped, hashed and left out at training; plain values for the model's facts.
    """

    settings: PreprocessingSettings = field(default_factory=PreprocessingSettings)
    users: TableEncoding = field(default_factory=TableEncoding)
    items: TableEncoding = field(default_factory=TableEncoding)
    ratings: RatingMeans | None = None
    report: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        users: pd.DataFrame,
        items: pd.DataFrame,
        events: pd.DataFrame | None = None,
        settings: PreprocessingSettings | None = None,
    ) -> Self:
        """Learn from frames as of the training cutoff.

        Args:
            users: user features, ``user_id`` and any columns.
            items: item features, ``item_id`` and any columns.
            events: ``user_id item_id event_type weight``, all before the cutoff; needed to centre ratings.
            settings: the choices.
        """
        chosen = settings or PreprocessingSettings()
        encodings = {"users": TableEncoding.fit(users, chosen), "items": TableEncoding.fit(items, chosen)}
        ratings = None if events is None else _rating_means(events, chosen)
        report: dict[str, Any] = {
            "users": encodings["users"].report(users),
            "items": encodings["items"].report(items),
            "ratings": ratings.facts() if ratings else {"centred": False},
        }
        return cls(chosen, **encodings, ratings=ratings, report=report)

    def weighted(self, events: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """Events whose ratings weigh what they say beyond the user's usual rating; all others as they are.

        A rating below the user's own mean becomes negative evidence, one at the mean says nothing.

        Args:
            events: ``user_id item_id event_type ts weight``; other columns stay.
            as_of: ratings from this day on take no part in anybody's mean, and keep their weight.
        """
        rating = _ratings_of(events) if self.ratings else None
        if self.ratings is None or rating is None or not rating.any():
            return events
        rating = rating & (pd.to_datetime(events[TS], utc=True) < midnight(as_of)).to_numpy(dtype=np.bool_)
        rated = events.loc[rating, [USER, ITEM, WEIGHT]]
        offsets = self.ratings.user_offsets(rated, WEIGHT).reindex(rated[USER]).to_numpy(dtype=np.float64)
        weights = events[WEIGHT].to_numpy(dtype=np.float64).copy()
        weights[rating] -= self.ratings.mean + offsets
        return events.assign(**{WEIGHT: weights})

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Arrays and plain values that :meth:`from_state` restores."""
        arrays, ratings = self.ratings.state() if self.ratings else ({}, None)
        plain = {
            "settings": self.settings.to_json(),
            "users": self.users.to_json(),
            "items": self.items.to_json(),
            "ratings": ratings,
            "report": self.report,
        }
        return arrays, plain

    @classmethod
    def from_state(cls, arrays: Arrays, config: Mapping[str, Any]) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(
            settings=PreprocessingSettings.from_json(config["settings"]),
            users=TableEncoding.from_json(config["users"]),
            items=TableEncoding.from_json(config["items"]),
            ratings=RatingMeans.from_state(arrays, config["ratings"]) if config["ratings"] else None,
            report=config["report"],
        )


def _rating_means(events: pd.DataFrame, settings: PreprocessingSettings) -> RatingMeans | None:
    rating = _ratings_of(events)
    if not settings.centre_ratings or rating is None or not rating.any():
        return None
    rated = events.loc[rating]
    if (rated[WEIGHT] < 0).mean() < _LEAST_NEGATIVE:
        return None
    return RatingMeans.fit(rated, WEIGHT, settings.rating_strength)


def _ratings_of(events: pd.DataFrame) -> Any:
    return (events[TYPE] == _RATING).to_numpy(dtype=np.bool_) if TYPE in events else None
