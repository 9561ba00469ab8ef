"""How features are computed: half-lives, session gap, device words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

COUNTED_TYPES: Final = ("view", "click", "add_to_cart", "wishlist", "purchase", "return", "rating", "dwell")
"""Event types with a counter of their own in the rollups; any other type is counted as ``other``."""

OTHER_TYPE: Final = "other"

_HALF_LIVES: Final[dict[str, float]] = {
    "view": 7.0,
    "click": 7.0,
    "dwell": 7.0,
    "add_to_cart": 14.0,
    "wishlist": 30.0,
    "purchase": 30.0,
    "return": 30.0,
    "rating": 60.0,
    OTHER_TYPE: 7.0,
}

_DEVICES: Final[dict[str, tuple[str, ...]]] = {
    "mobile": ("mobile", "phone", "smartphone", "app", "ios", "android"),
    "desktop": ("desktop", "web", "pc", "laptop"),
    "tablet": ("tablet", "ipad"),
}


@dataclass(frozen=True)
class FeatureSettings:
    """Settings of rollups and features.

    Attributes:
        half_lives: days after which an event of a type counts half; a type left out keeps its default.
        session_gap_minutes: a pause longer than this starts a new session where events carry no session id.
        category_shares: how many categories (the most visited ones) get a ``share_category_…`` column.
        devices: words that mean mobile, desktop or tablet, in lower case.

    Raises:
        ValueError: a half-life or gap that is not positive, an unknown event type or device class.
    """

    half_lives: Mapping[str, float] = field(default_factory=dict)
    session_gap_minutes: float = 30.0
    category_shares: int = 24
    devices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(_DEVICES))

    def __post_init__(self) -> None:
        _refuse_unknown("half_lives", self.half_lives, tuple(_HALF_LIVES))
        _refuse_unknown("devices", self.devices, tuple(_DEVICES))
        object.__setattr__(self, "half_lives", {**_HALF_LIVES, **self.half_lives})
        object.__setattr__(self, "devices", {**_DEVICES, **self.devices})
        for name, days in self.half_lives.items():
            _refuse_unless(0 < days < float("inf"), f"half_lives[{name!r}]", days, "a positive number of days")
        _refuse_unless(0 < self.session_gap_minutes <= 1440, "session_gap_minutes", self.session_gap_minutes, "1–1440")
        _refuse_unless(0 <= self.category_shares <= 200, "category_shares", self.category_shares, "0–200 columns")


def _refuse_unless(good: bool, name: str, found: object, expected: str) -> None:
    if not good:
        raise ValueError(f"FeatureSettings.{name} must be {expected}; found {found!r}")


def _refuse_unknown(name: str, given: Mapping[str, object], known: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"FeatureSettings.{name} knows {', '.join(known)}; found {', '.join(unknown)}")
