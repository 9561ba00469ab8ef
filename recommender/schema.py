"""Which columns the ranker reads, in which order: fixed at training, checked at loading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from recommender.habits import HABIT_FEATURES
from recommender.preprocessing import Preprocessing
from recommender.trends import TREND_FEATURES

PAIR_FEATURES = (
    *("category_affinity", "brand_affinity", "price_distance", "popularity_distance", "age_distance", "new_since"),
    *(*HABIT_FEATURES, "liked_weight"),
)


@dataclass(frozen=True)
class FeatureSchema:
    """The ranker's columns.

    Args:
        generators: whose score, rank and share of the user's best score are read.
        items: columns of the items, as preprocessing makes them.
        users: columns of the users, as preprocessing makes them.
        labels: of all columns, those that hold codes, not amounts.
        lifts: whose lift is read, see :mod:`recommender.lifts`.
    """

    generators: tuple[str, ...]
    items: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    lifts: tuple[str, ...] = ()

    @classmethod
    def of(cls, preprocessing: Preprocessing, generators: Iterable[str], lifts: Iterable[str] = ()) -> FeatureSchema:
        """Every column that preprocessing makes."""
        items, users = preprocessing.items, preprocessing.users
        labels = [f"item_{name}" for name in items.categorical] + [f"user_{name}" for name in users.categorical]
        return cls(tuple(generators), items.names, users.names, tuple(labels), tuple(lifts))

    @property
    def names(self) -> tuple[str, ...]:
        """Every column of the ranker's matrix, in order."""
        scores = (f"{kind}_{name}" for kind in ("score", "rank", "share") for name in self.generators)
        items, users = (f"item_{name}" for name in self.items), (f"user_{name}" for name in self.users)
        trends = (f"trend_{name}" for name in TREND_FEATURES)
        lifts = (f"{name}_lift" for name in self.lifts)
        return (*scores, *PAIR_FEATURES, *lifts, *trends, *items, *users)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the columns that hold codes, not amounts."""
        return tuple(position for position, name in enumerate(self.names) if name in self.labels)

    @property
    def hash(self) -> str:
        """SHA-256 over the columns and their order."""
        return schema_hash(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON; models from before there were lifts name none."""
        return {name: list(value) for name, value in asdict(self).items() if value or name != "lifts"}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FeatureSchema:
        """Read what :meth:`to_json` wrote."""
        return cls(**{name: tuple(value) for name, value in values.items()})


def schema_hash(schema: Mapping[str, Any]) -> str:
    """SHA-256 of a schema's canonical JSON."""
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()
