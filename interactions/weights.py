"""How much an event says about a user's liking: one confidence weight per event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from interactions.schema import EVENT_TYPES, EventType

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        EventType.IMPRESSION.value: 0.0,
        EventType.VIEW.value: 1.0,
        EventType.CLICK.value: 1.0,
        EventType.DWELL.value: 1.0,
        EventType.ADD_TO_CART.value: 3.0,
        EventType.WISHLIST.value: 2.0,
        EventType.PURCHASE.value: 5.0,
        EventType.RETURN.value: -5.0,
        EventType.RATING.value: 5.0,
    }
)

# types whose value says how much of their weight they earn
_SCALED: Final = (EventType.DWELL, EventType.RATING)


@dataclass(frozen=True)
class EventWeights:
    """Confidence weights per event type (the c of Hu, Koren and Volinsky 2008, before their alpha).

    Args:
        by_type: weight of each type; types left out keep the default. A return must not be positive, nothing else
            but a return may be negative.
        dwell_full: seconds of dwell that earn the whole weight; shorter ones earn their share.
        rating_neutral: points that say nothing; below them a rating is negative evidence.
        rating_best: points that earn the whole weight.
        rating_positive: points from which a rating counts as liked when models are judged.

    Raises:
        ValueError: an unknown type, a weight that is not finite or has the wrong sign, scales that are not in order.
    """

    by_type: Mapping[str, float] = field(default_factory=dict)
    dwell_full: float = 60.0
    rating_neutral: float = 2.5
    rating_best: float = 5.0
    rating_positive: float = 4.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_type", MappingProxyType(dict(self.by_type)))
        for kind, weight in self.by_type.items():
            _check_weight(kind, weight)
        if self.dwell_full <= 0 or not self.rating_neutral < self.rating_positive <= self.rating_best:
            raise ValueError(
                "expected dwell_full > 0 and rating_neutral < rating_positive <= rating_best; found "
                f"{self.dwell_full}, {self.rating_neutral}, {self.rating_positive}, {self.rating_best}"
            )

    def confidence(self, frame: pd.DataFrame) -> pd.Series[float]:
        """The weight of each row of ``frame`` (``event_type``, ``value``), as float64 on its index.

        Unknown types weigh nothing; a dwell or a rating without a value weighs nothing either.
        """
        import pandas as pd

        by_type = {**DEFAULT_WEIGHTS, **self.by_type}
        codes, kinds = pd.factorize(frame["event_type"])
        base = np.array([*(by_type.get(str(kind), 0.0) for kind in kinds), 0.0])[codes]
        names = [*map(str, kinds), ""]
        return pd.Series(base * self._scale(frame, codes, names), frame.index, name="weight")

    def positive(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Which rows count as truth in evaluation: weight above 0 and, for ratings, ``rating_positive`` points."""
        rating = (frame["event_type"] == EventType.RATING.value).to_numpy(dtype=bool, na_value=False)
        good = ~rating | (frame["value"].to_numpy(dtype=float, na_value=np.nan) >= self.rating_positive)
        return ((self.confidence(frame) > 0) & good).rename("positive")

    def _scale(self, frame: pd.DataFrame, codes: NDArray[np.intp], names: Sequence[str]) -> NDArray[np.float64]:
        """The share of its type's weight that each row earns; ``names[codes]`` is its type."""
        value = frame["value"].to_numpy(dtype=float, na_value=np.nan)
        dwell = (value / self.dwell_full).clip(0.0, 1.0)
        points = ((value - self.rating_neutral) / (self.rating_best - self.rating_neutral)).clip(-1.0, 1.0)
        dwelt, rated = (np.array([name == kind.value for name in names])[codes] for kind in _SCALED)
        scale = np.where(rated, points, np.where(dwelt, dwell, 1.0))
        return np.nan_to_num(scale, nan=0.0)


def _check_weight(kind: str, weight: float) -> None:
    if kind not in EVENT_TYPES:
        raise ValueError(f"unknown event type '{kind}' in the weights: expected one of {', '.join(EVENT_TYPES)}")
    wrong_sign = weight > 0 if kind == EventType.RETURN.value else weight < 0
    if wrong_sign or not abs(weight) < float("inf"):
        raise ValueError(f"weight of '{kind}' must be finite, negative only for returns; found {weight}")


def confidence(frame: pd.DataFrame, weights: EventWeights | None = None) -> pd.Series[float]:
    """The weights of ``frame``'s rows under ``weights`` (the defaults when none are given)."""
    return (weights or EventWeights()).confidence(frame)
