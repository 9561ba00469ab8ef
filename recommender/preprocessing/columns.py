"""Reading the columns of a frame, whether it has them or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warehouse.columns import ITEM, USER

_NOT_FEATURES = (USER, ITEM, "as_of", "date")
# free text is read by the content generators, not by the ranker
_WORDS = ("title", "text")


def numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float32]:
    """A numeric column; all NaN where the frame lacks it. Infinite values become NaN."""
    if column not in frame:
        return np.full(len(frame), np.nan, dtype=np.float32)
    values = frame[column].to_numpy(dtype=np.float32, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.float32(np.nan))


def texts(frame: pd.DataFrame, column: str) -> list[str | None]:
    """A text column; None where a value is missing, and everywhere where the frame lacks the column."""
    if column not in frame:
        return [None] * len(frame)
    return [value if isinstance(value, str) else None for value in frame[column].tolist()]


def numeric_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """The columns that hold amounts, sorted."""
    kinds = frame.dtypes
    keep = (name for name in frame.columns if name not in _NOT_FEATURES)
    return tuple(sorted(str(name) for name in keep if pd.api.types.is_numeric_dtype(kinds[name])))


def text_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """The columns that hold labels, sorted; ids, dates, free text and lists (tags, embeddings) are none."""
    keep = (name for name in frame.columns if name not in (*_NOT_FEATURES, *_WORDS))
    return tuple(sorted(str(name) for name in keep if _is_text(frame[name])))


def _is_text(column: pd.Series) -> bool:
    kind = column.dtype
    if not pd.api.types.is_object_dtype(kind):
        return bool(pd.api.types.is_string_dtype(kind) or isinstance(kind, pd.CategoricalDtype))
    known = column.dropna()
    return len(known) == 0 or any(isinstance(value, str) for value in known)
