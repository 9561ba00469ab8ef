"""Which columns the ranker reads, in which order: fixed at training, checked at loading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from warehouse.columns import CATEGORY, ITEM, USER

PAIR_FEATURES = ("category_affinity", "brand_affinity", "price_distance", "liked_items", "liked_weight")
_MOST_LABELS = 64
_NOT_FEATURES = (USER, ITEM, "as_of", "date")


@dataclass(frozen=True)
class FeatureSchema:
    """The ranker's columns.

    Args:
        generators: whose score and rank are read.
        item_numeric: numeric columns of the items frame.
        user_numeric: numeric columns of the users frame.
        user_labels: categorical columns of the users frame with their known values.
        categories: known item categories; the position is the code.
    """

    generators: tuple[str, ...]
    item_numeric: tuple[str, ...] = ()
    user_numeric: tuple[str, ...] = ()
    user_labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, users: pd.DataFrame, items: pd.DataFrame, generators: Iterable[str]) -> FeatureSchema:
        """Every numeric column, and every text column of users with few distinct values."""
        labels = ((name, _values(users[name])) for name in _text_columns(users))
        return cls(
            generators=tuple(generators),
            item_numeric=_numeric_columns(items),
            user_numeric=_numeric_columns(users),
            user_labels=tuple((name, values) for name, values in labels if 2 <= len(values) <= _MOST_LABELS),
            categories=_values(items[CATEGORY]) if CATEGORY in items else (),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every column of the ranker's matrix, in order."""
        scores = [f"score_{name}" for name in self.generators] + [f"rank_{name}" for name in self.generators]
        items = [f"item_{name}" for name in (*self.item_numeric, CATEGORY)]
        users = [f"user_{name}" for name in (*self.user_numeric, *(name for name, _ in self.user_labels))]
        return (*scores, *PAIR_FEATURES, *items, *users)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the columns that hold codes, not amounts."""
        coded = {f"item_{CATEGORY}", *(f"user_{name}" for name, _ in self.user_labels)}
        return tuple(position for position, name in enumerate(self.names) if name in coded)

    @property
    def hash(self) -> str:
        """SHA-256 over the columns and their order."""
        return schema_hash(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FeatureSchema:
        """Read what :meth:`to_json` wrote."""
        lists = {name: tuple(value) for name, value in values.items() if name != "user_labels"}
        labels = tuple((str(name), tuple(known)) for name, known in values["user_labels"])
        return cls(user_labels=labels, **lists)


def schema_hash(schema: Mapping[str, Any]) -> str:
    """SHA-256 of a schema's canonical JSON."""
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _numeric_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    kinds = frame.dtypes
    keep = (name for name in frame.columns if name not in _NOT_FEATURES)
    return tuple(sorted(str(name) for name in keep if pd.api.types.is_numeric_dtype(kinds[name])))


def _text_columns(frame: pd.DataFrame) -> list[str]:
    kinds = frame.dtypes
    texts = (str(name) for name in frame.columns if name not in _NOT_FEATURES and _is_text(kinds[name]))
    return sorted(texts)


def _is_text(kind: Any) -> bool:
    return bool(
        pd.api.types.is_string_dtype(kind)
        or pd.api.types.is_object_dtype(kind)
        or isinstance(kind, pd.CategoricalDtype)
    )


def _values(column: pd.Series) -> tuple[str, ...]:
    return tuple(sorted({value for value in column.tolist() if isinstance(value, str)}))
