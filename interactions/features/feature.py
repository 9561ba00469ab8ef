"""What a feature is: a name, a meaning, and the Ibis expression that computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from interactions.features.settings import FeatureSettings

if TYPE_CHECKING:
    import ibis.expr.types as ir

Kind = Literal["numeric", "categorical"]
Entity = Literal["user", "item"]
Source = Literal["days", "items", "users", "categories", "profile"]
Family = Literal[
    "frequency", "recency", "money", "session", "hour", "device", "place", "price", "people", "popularity", "taste"
]
Expression = Callable[["ir.Table", FeatureSettings], Any]


@dataclass(frozen=True)
class Feature:
    """One column of ``user_features`` or ``item_features``.

    Attributes:
        name: the column.
        meaning: one sentence for people, with its unit.
        source: the relation that ``expression`` reads (see :mod:`interactions.features.relations`); every
            source but ``profile`` is aggregated per entity, ``profile`` is the joined row itself.
        expression: the relation and the settings in, an Ibis value out.
        kind: how models and clusters treat it.
        entity: whom it describes.
        family: features that say much the same; clusters give each family the same say.
        taste: says *what* is liked; kept out of the clusters, which must carry what the history lacks.
        fill: the value where an entity has no rows in the source; ``None`` leaves it missing.
    """

    name: str
    meaning: str
    source: Source
    expression: Expression
    kind: Kind = "numeric"
    entity: Entity = "user"
    family: Family = "frequency"
    taste: bool = False
    fill: float | None = None
