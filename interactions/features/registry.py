"""Every feature there is, and questions about them."""

from __future__ import annotations

from typing import Final

from interactions.features.feature import Entity, Feature, Kind
from interactions.features.item_features import ITEM_FEATURES
from interactions.features.user_features import USER_FEATURES

FEATURES: Final[tuple[Feature, ...]] = (*USER_FEATURES, *ITEM_FEATURES)

TASTE_SHARE_PREFIX: Final = "share_category_"
"""User columns of this prefix, one for each of the most visited categories, are numeric taste features."""


def feature_names(entity: Entity, kind: Kind | None = None, taste: bool | None = None) -> tuple[str, ...]:
    """The columns of an entity, in registry order, narrowed by kind and by being taste or not."""
    return tuple(f.name for f in FEATURES if f.entity == entity and kind in (None, f.kind) and taste in (None, f.taste))


def is_taste(column: str) -> bool:
    """Whether a user column says what is liked rather than who likes."""
    return column.startswith(TASTE_SHARE_PREFIX) or column in feature_names("user", taste=True)
