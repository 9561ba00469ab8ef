"""Shrunken means of explicit ratings: what a user and an item usually get, as far as the evidence goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.matrices import Arrays
from recommender.vocabulary import Vocabulary
from warehouse.columns import ITEM, USER

Floats = NDArray[np.float64]
# means that do not differ at all would have an infinite strength
_MOST_STRENGTH = 1e6


@dataclass(frozen=True, eq=False)
class RatingMeans:
    """``mean + item offset + user offset``, each offset shrunken towards 0: ``sum of residuals / (n + strength)``.

    The empirical Bayes estimate of a random effect (Robinson 1991; baseline of Koren 2008). Users are not kept: their
    offsets come from their own ratings whenever they are needed, so users unknown at training work.

    Args:
        mean: of all ratings.
        items: the rated items.
        item_offsets: float64 ``(n_items,)``.
        item_strength: ratings that an item's prior is worth.
        user_strength: ratings that a user's prior is worth.
    """

    mean: float
    items: Vocabulary
    item_offsets: Floats
    item_strength: float
    user_strength: float

    @classmethod
    def fit(cls, ratings: pd.DataFrame, value: str = "value", strength: float | None = None) -> Self:
        """Item offsets first, then the strength of users on what is left.

        Args:
            ratings: ``user_id item_id`` and the column ``value``, one row a rating.
            value: the column with the points.
            strength: of both priors; by default the ratio of the variance within users (items) to that between them
                (Bühlmann & Straub 1970), so that sparse and noisy ratings are shrunken more.

        Raises:
            ValueError: there is no rating, or one without points.
        """
        points = ratings[value].to_numpy(dtype=np.float64)
        if len(points) == 0 or not np.isfinite(points).all():
            raise ValueError(
                f"shrunken means need ratings with points; found {len(points)} rows, "
                f"{int((~np.isfinite(points)).sum())} without: drop those first"
            )
        mean = float(points.mean())
        items = Vocabulary.of(ratings[ITEM].unique())
        rows = items.codes(ratings[ITEM])
        by_item = strength if strength is not None else _strength(points - mean, rows)
        offsets = _offsets(points - mean, rows, by_item, len(items))
        rest = points - mean - offsets[rows]
        by_user = strength if strength is not None else _strength(rest, pd.factorize(ratings[USER])[0])
        return cls(mean, items, offsets, by_item, by_user)

    def predict(self, ratings: pd.DataFrame, user_ids: Any, item_ids: Any, value: str = "value") -> Floats:
        """Expected points of (user, item) pairs; unknown ones have no offset.

        Args:
            ratings: what the users have rated so far, ``user_id item_id`` and ``value``.
            user_ids: of the pairs, shape ``(n,)``.
            item_ids: of the pairs, shape ``(n,)``.
            value: the column with the points.
        """
        users = self.user_offsets(ratings, value)
        of_user = users.reindex(pd.Index(np.asarray(user_ids, dtype=object))).fillna(0).to_numpy(dtype=np.float64)
        return np.asarray(self.expected(item_ids) + of_user, dtype=np.float64)

    def expected(self, item_ids: Any) -> Floats:
        """Points that the average user gives to each item, shape ``(len(item_ids),)``."""
        codes = self.items.codes(np.asarray(item_ids, dtype=object))
        known = np.append(self.item_offsets, 0.0)  # code -1 takes the last place
        return np.asarray(self.mean + known[codes], dtype=np.float64)

    def user_offsets(self, ratings: pd.DataFrame, value: str = "value") -> pd.Series:
        """How much more than expected each user of ``ratings`` gives, shrunken; indexed by user id."""
        rest = ratings[value].to_numpy(dtype=np.float64) - self.expected(ratings[ITEM])
        codes, users = pd.factorize(ratings[USER].to_numpy(dtype=object), sort=True)
        return pd.Series(_offsets(rest, codes, self.user_strength, len(users)), index=pd.Index(users))

    def facts(self) -> dict[str, Any]:
        """The mean and both strengths, rounded, for the model's facts."""
        named = {name: getattr(self, name) for name in ("mean", "item_strength", "user_strength")}
        return {name: round(float(value), 4) for name, value in named.items()} | {"items": len(self.items)}

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Arrays and plain values that :meth:`from_state` restores."""
        plain = {name: getattr(self, name) for name in ("mean", "item_strength", "user_strength")}
        return {"item_offsets": self.item_offsets}, plain | {"items": self.items.ids.tolist()}

    @classmethod
    def from_state(cls, arrays: Arrays, config: dict[str, Any]) -> Self:
        """Restore what :meth:`state` gave."""
        plain = {name: value for name, value in config.items() if name != "items"}
        items = Vocabulary(np.array(config["items"], dtype=np.str_))
        return cls(items=items, item_offsets=arrays["item_offsets"], **plain)


def _offsets(rest: Floats, codes: NDArray[np.int64], strength: float, groups: int) -> Floats:
    total = np.bincount(codes, weights=rest, minlength=groups)
    count = np.bincount(codes, minlength=groups)
    return np.asarray(total / np.maximum(count + strength, 1e-12), dtype=np.float64)


def _strength(rest: Floats, codes: NDArray[np.int64]) -> float:
    """Variance within groups over that between them, from the one-way analysis of variance."""
    count = np.bincount(codes).astype(np.float64)
    means = np.bincount(codes, weights=rest) / np.maximum(count, 1)
    within = float(((rest - means[codes]) ** 2).sum()) / max(len(rest) - len(count), 1)
    around = float((count * (means - rest.mean()) ** 2).sum()) - (len(count) - 1) * within
    between = around / max(len(rest) - float((count**2).sum()) / len(rest), 1e-12)
    return float(min(within / between, _MOST_STRENGTH)) if between > 0 else _MOST_STRENGTH
