"""Which parameters of a generator are searched, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from recommender.generators.ease import EASE
from recommender.generators.registry import GeneratorSettings
from training.space import Choice, Range, Space, Value

if TYPE_CHECKING:
    from optuna import Trial

_SMALL: Final = 5000  # items; 100 MB of weights
_HALF_LIFE: Final = Range(1, 365, log=True)

RANGES: Final[Mapping[str, Space]] = MappingProxyType(
    {
        # implicit's own regularisation, .01, lies far outside of what works
        "ALS": {
            "regularisation": Range(1, 200, log=True),
            "alpha": Range(1, 20, log=True),
            "factors": Range(64, 256, log=True, whole=True),
            "user_exponent": Range(-1.0, 0.0),
            "item_exponent": Range(-0.5, 0.0),
        },
        "EASE": {
            "regularisation": Range(1, 2000, log=True),
            "dropout": Range(0.0, 0.8),
            "user_exponent": Range(-1.0, 0.0),
        },
        "ItemItem": {
            "neighbours": Range(20, 1000, log=True, whole=True),
            "measure": Choice(("ease", "cosine", "bm25")),
            "regularisation": Range(10, 1000, log=True),
        },
    }
)
"""By kind of generator; a kind that is not named is fitted as it stands."""

TIMED: Final[Mapping[str, Space]] = MappingProxyType(
    {kind: {"half_life_days": _HALF_LIFE} for kind in ("ALS", "EASE", "ItemItem", "Popularity")}
    | {
        "LastBasket": {
            "half_life_days": _HALF_LIFE,
            "memory_days": _HALF_LIFE,
            "within": Range(0.3, 30, log=True),
            "damping": Range(0, 1),
            "shrink": Range(0.5, 50, log=True),
        },
        "Trending": {
            "half_life_days": Range(1, 30, log=True),
            "slow_half_life_days": Range(30, 365, log=True),
            "shrink": Range(1, 200, log=True),
        },
    }
)
"""Searched as well where events have times."""


COSTLY: Final[Mapping[str, str]] = MappingProxyType({"ALS": "factors"})
"""The parameter that the time of a trial grows with."""


@dataclass(frozen=True)
class AffordableRange(Range):
    """A range whose upper end is where a trial would cost too much, as far as trials so far tell."""

    limit: Callable[[], float] = lambda: float("inf")

    def suggest(self, trial: Trial, name: str) -> Value:
        """The value that ``trial`` tries, at most ``limit()`` but never below ``low``."""
        high = max(self.low, min(self.high, self.limit()))
        return Range(self.low, high, self.log, self.whole).suggest(trial, name)


def space_of(kind: str, timed: bool) -> Space:
    """The space of one kind; empty where nothing is searched."""
    return {**RANGES.get(kind, {}), **(TIMED.get(kind, {}) if timed else {})}


def usual_generators(items: int) -> tuple[GeneratorSettings, ...]:
    """Popularity, EASE and ALS, cheapest first; cosine neighbours where the catalogue is too large for EASE.

    Args:
        items: of the catalogue; EASE keeps all weights of a small one, which score faster than a part of them.
    """
    ease = GeneratorSettings("EASE", "ease", {"neighbours": 0} if items <= _SMALL else {})
    neighbours = GeneratorSettings("ItemItem", "item_item", {"measure": "cosine"})
    return (
        GeneratorSettings("Popularity", "popularity"),
        ease if items <= EASE().most_items else neighbours,
        GeneratorSettings("ALS", "als"),
    )
