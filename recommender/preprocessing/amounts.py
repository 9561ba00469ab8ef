"""Numeric columns: outliers capped, missing values imputed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.preprocessing.columns import numbers
from recommender.preprocessing.settings import PreprocessingSettings

Matrix = NDArray[np.float32]
Caps = tuple[float | None, float | None]
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Amounts:
    """What was learnt of every numeric column.

    Args:
        columns: their names, in order.
        caps: lowest and highest value let through; None where there is no cap.
        fills: the training median that stands for a missing value; None where missing stays NaN.
        indicated: columns with an indicator (1 where missing) behind the amounts.
    """

    columns: tuple[str, ...]
    caps: tuple[Caps, ...]
    fills: tuple[float | None, ...]
    indicated: tuple[str, ...]

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: tuple[str, ...], settings: PreprocessingSettings) -> Self:
        """Learn caps and medians from the training rows; a column without any value stays missing, uncapped."""
        values = [numbers(frame, name) for name in columns]
        known = [column[~np.isnan(column)] for column in values]
        imputed = settings.missing == "impute"
        gaps = [len(column) < len(frame) for column in known]
        return cls(
            columns=columns,
            caps=tuple(_caps(column, settings) for column in known),
            fills=tuple(float(np.median(c.astype(np.float64))) if imputed and len(c) else None for c in known),
            indicated=tuple(name for name, gap in zip(columns, gaps, strict=True) if imputed and gap),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of :meth:`transform`, in order."""
        return (*self.columns, *(f"{name}_missing" for name in self.indicated))

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """Float32 ``(rows, len(names))``; a column that the frame lacks is missing in every row."""
        raw = self._raw(frame)
        missing = np.isnan(raw)
        filled = np.where(missing, self._fill, np.clip(raw, self._lowest, self._highest))
        return np.concatenate([filled, missing[:, self._places]], axis=1, dtype=np.float32)

    def counts(self, frame: pd.DataFrame) -> dict[str, dict[str, int]]:
        """Missing and capped values of every column that has any: ``{"price": {"missing": 3, "above": 1}}``."""
        raw = self._raw(frame)
        found = {
            "missing": np.isnan(raw).sum(axis=0),
            "below": (raw < self._lowest).sum(axis=0),
            "above": (raw > self._highest).sum(axis=0),
        }
        per_column = {
            name: {what: int(count[n]) for what, count in found.items() if count[n]}
            for n, name in enumerate(self.columns)
        }
        return {name: counts for name, counts in per_column.items() if counts}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what ``dataclasses.asdict`` and JSON made of it."""
        lists = {name: tuple(value) for name, value in values.items() if name != "caps"}
        return cls(caps=tuple((low, high) for low, high in values["caps"]), **lists)

    def _raw(self, frame: pd.DataFrame) -> Matrix:
        if not self.columns:
            return np.empty((len(frame), 0), dtype=np.float32)
        return np.stack([numbers(frame, name) for name in self.columns], axis=1)

    @cached_property
    def _lowest(self) -> Matrix:
        return np.array([-np.inf if low is None else low for low, _ in self.caps], dtype=np.float32)

    @cached_property
    def _highest(self) -> Matrix:
        return np.array([np.inf if high is None else high for _, high in self.caps], dtype=np.float32)

    @cached_property
    def _places(self) -> list[int]:
        return [self.columns.index(name) for name in self.indicated]

    @cached_property
    def _fill(self) -> Matrix:
        return np.array([np.nan if fill is None else fill for fill in self.fills], dtype=np.float32)


def _caps(known: Matrix, settings: PreprocessingSettings) -> Caps:
    if settings.outliers == "keep" or len(known) == 0:
        return None, None
    long_tailed = bool(known.min() >= 0)
    scale = np.log1p(known, dtype=np.float64) if long_tailed else known.astype(np.float64)
    centre_low, centre_high, spread = _spread(scale, settings.outliers)
    if spread < 1e-12:  # more than half the values are equal: the rule would cap all others
        return None, None
    low, high = centre_low - settings.reach * spread, centre_high + settings.reach * spread
    if long_tailed:
        low, high = float(np.expm1(low)), float(np.expm1(min(high, 80.0)))
    return _float32(low), _float32(high)


def _spread(scale: NDArray[np.float64], rule: str) -> tuple[float, float, float]:
    if rule == "zscore":
        return float(scale.mean()), float(scale.mean()), float(scale.std())
    first, third = (float(q) for q in np.quantile(scale, [0.25, 0.75]))
    return first, third, third - first


def _float32(value: float) -> float | None:
    # what a cap is compared with is float32: a rounded cap stays equal through JSON and back
    return float(np.float32(value)) if abs(value) <= _LARGEST else None
