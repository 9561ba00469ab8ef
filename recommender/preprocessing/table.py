"""One entity's columns, users' or items', as a matrix of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.preprocessing.amounts import Amounts
from recommender.preprocessing.columns import numbers, numeric_columns, text_columns
from recommender.preprocessing.labels import Labels
from recommender.preprocessing.settings import PreprocessingSettings

_NOTHING = Amounts((), (), (), ())


@dataclass(frozen=True)
class TableEncoding:
    """Amounts first, then labels; columns that the training rows had no value for are left out.

    Args:
        amounts: the numeric columns.
        labels: the text columns.
        left_out: at training, numbers without any value and labels with fewer than two.
    """

    amounts: Amounts = _NOTHING
    labels: tuple[Labels, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    @classmethod
    def fit(cls, frame: pd.DataFrame, settings: PreprocessingSettings) -> Self:
        """Learn from the training rows. A column that says nothing there can teach a model nothing."""
        numeric = tuple(name for name in numeric_columns(frame) if np.isfinite(numbers(frame, name)).any())
        text = tuple(name for name in text_columns(frame) if _told(frame[name]))
        left_out = {*numeric_columns(frame), *text_columns(frame)} - {*numeric, *text}
        labels = tuple(Labels.fit(frame, name, settings) for name in text)
        return cls(Amounts.fit(frame, numeric, settings), labels, tuple(sorted(left_out)))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of :meth:`transform`, in order."""
        return (*self.amounts.names, *(label.column for label in self.labels))

    @property
    def categorical(self) -> tuple[str, ...]:
        """The columns that hold codes, not amounts."""
        return tuple(label.column for label in self.labels)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Float32 ``(rows, len(names))``; columns that the frame lacks are missing in every row."""
        amounts = self.amounts.transform(frame)
        return np.column_stack([amounts, *(label.transform(frame) for label in self.labels)]).astype(np.float32)

    @cached_property
    def unknown(self) -> NDArray[np.float32]:
        """What stands for a row of which nothing is known, ``(1, len(names))``."""
        return self.transform(pd.DataFrame(index=[0]))

    def report(self, frame: pd.DataFrame) -> dict[str, Any]:
        """What was found and done, as plain values: rows, counts per column, columns left out and hashed."""
        return {
            "rows": len(frame),
            "columns": self.amounts.counts(frame),
            "left_out": list(self.left_out),
            "hashed": {label.column: label.buckets for label in self.labels if label.buckets},
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values: dict[str, Any] = _listed(asdict(self))
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` wrote."""
        labels = tuple(Labels(**{**entry, "known": tuple(entry["known"])}) for entry in values["labels"])
        return cls(Amounts.from_json(values["amounts"]), labels, tuple(values["left_out"]))


def _told(column: pd.Series) -> bool:
    return len({value for value in column.tolist() if isinstance(value, str)}) >= 2


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(entry) for name, entry in value.items()}
    return [_listed(entry) for entry in value] if isinstance(value, tuple | list) else value
