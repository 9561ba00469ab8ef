"""Item vectors that come with the catalogue: a column of lists as a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warehouse.columns import ITEM


def embeddings(items: pd.DataFrame, column: str) -> NDArray[np.float32]:
    """The vectors of a column of lists or arrays, float32 ``(n_items, dimensions)``; zeros where one is missing.

    Raises:
        ValueError: no such column, vectors of different lengths, or one that is not finite.
    """
    if column not in items:
        raise ValueError(
            f"expected the column '{column}' with one vector per item; found {sorted(map(str, items.columns))}: "
            "deliver it with the items, or leave 'embedding' out of the settings"
        )
    cells = [_vector(cell) for cell in items[column].tolist()]
    width = max((len(cell) for cell in cells if cell is not None), default=0)
    table = np.zeros((len(cells), width), dtype=np.float32)
    for row, cell in enumerate(cells):
        if cell is not None:
            table[row] = _checked(cell, width, str(items[ITEM].iloc[row]))
    return table


def unit_rows(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every row divided by its length; rows of zeros stay."""
    length = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.where(length > 0, length, 1), dtype=np.float32)


def _vector(cell: Any) -> NDArray[np.float64] | None:
    missing = cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NA
    return None if missing else np.asarray(cell, dtype=np.float64).ravel()


def _checked(cell: NDArray[np.float64], width: int, item: str) -> NDArray[np.float64]:
    if len(cell) != width or not np.isfinite(cell).all():
        raise ValueError(
            f"expected {width} finite numbers in the embedding of every item; item '{item}' has {len(cell)}, "
            f"{int((~np.isfinite(cell)).sum())} of them not finite: one encoder must have made all vectors"
        )
    return cell
