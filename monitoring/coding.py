"""One column of two windows, brought to the values that are compared and to the words a person reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.distances import Floats
from monitoring.settings import ColumnRule

OTHER: Final = "(other)"
MISSING: Final = "(missing)"
DECILES: Final = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Mover:
    """One value of a column and what it was before and after: shares of events, or the value itself for numbers."""

    value: str
    before: float
    after: float
    words: tuple[str, str]


@dataclass(frozen=True)
class Coded:
    """A column ready to be compared.

    ``reference`` and ``current`` are what Evidently sees (strings, or floats with nan); ``codes`` are the reference's
    rows for the noise floor, ``present`` those that count; ``shift`` is the direction of the move, comparable over
    segments by its labels; ``subject``, ``before`` and ``after`` say it in words.
    """

    reference: pd.Series
    current: pd.Series
    codes: Floats
    present: NDArray[np.bool_]
    shift: dict[str, float]
    movers: tuple[Mover, ...]
    subject: str
    before: str
    after: str


def code(reference: pd.Series, current: pd.Series, rule: ColumnRule, categories: int) -> Coded:
    """Bring one column of both windows to comparable values, by its rule."""
    if rule.kind == "categorical":
        return _categorical(reference, current, rule, categories)
    return _numerical(_numbers(reference), _numbers(current), rule)


def missing_share(column: pd.Series, rule: ColumnRule) -> float:
    """The share of rows without a usable value (1.0 for an empty column)."""
    if len(column) == 0:
        return 1.0
    return float((~filled(column, rule)).mean())


def filled(column: pd.Series, rule: ColumnRule) -> pd.Series:
    """Which rows have a usable value."""
    return (_numbers(column) if rule.kind == "numerical" else column).notna()


def varies(column: pd.Series, rule: ColumnRule) -> bool:
    """Whether a column can carry its distance: a constant number has no standard deviation to measure in."""
    return rule.kind == "categorical" or _numbers(column).nunique() > 1


def percent(share: float) -> str:
    """A share in words: ``12 %``, and one digit more below ten per cent."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.1 or share == 0 else f"{share:.1%}".replace("%", " %")


def _labels(column: pd.Series, rule: ColumnRule) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """The label of every row, as its place among the distinct labels in order, and those."""
    hours = rule.scale == "hours"
    place, values = pd.factorize(_numbers(column) // 4 * 4 if hours else column.astype(object))
    # -1, a missing value, takes the last of them
    said = [_band(int(value)) if hours else str(value) for value in values]
    names, merged = np.unique(np.array([*said, MISSING], dtype=object).astype(str), return_inverse=True)
    return merged[place], names.astype(object)


def _band(hour: int) -> str:
    return f"{hour:02d}–{hour + 4:02d} h"


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _categorical(reference: pd.Series, current: pd.Series, rule: ColumnRule, categories: int) -> Coded:
    rows, names = _labels(pd.concat([reference, current], ignore_index=True), rule)
    rows, names = _frequent(rows, names, len(reference), categories)
    left, right = rows[: len(reference)], rows[len(reference) :]
    before, after = (pd.Series(_shares(side, len(names)), index=names) for side in (left, right))
    movers = _movers(before, after)
    shift = {str(v): float(after[v] - before[v]) for v in names}
    present = np.ones(len(left), dtype=bool)
    seen, now = (pd.Series(names[side], dtype=object) for side in (left, right))
    return Coded(seen, now, left.astype(np.float64), present, shift, movers, movers[0].value, *movers[0].words)


def _frequent(
    rows: NDArray[np.int64], names: NDArray[np.object_], reference: int, categories: int
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """The most frequent labels of both sides and one for all others; labels that no row has fall away."""
    weight = _shares(rows[:reference], len(names)) + _shares(rows[reference:], len(names))
    kept = np.argsort(-weight, kind="stable")[:categories]
    said = names.copy()
    said[np.setdiff1d(np.arange(len(names)), kept)] = OTHER
    levels, merged = np.unique(said[rows].astype(str), return_inverse=True)
    return merged, levels.astype(object)


def _shares(rows: NDArray[np.int64], count: int) -> Floats:
    return np.asarray(np.bincount(rows, minlength=count) / max(len(rows), 1), dtype=np.float64)


def _movers(before: pd.Series, after: pd.Series) -> tuple[Mover, ...]:
    order = sorted(before.index, key=lambda v: (-abs(after[v] - before[v]), v))[:4]
    return tuple(_mover(str(v), float(before[v]), float(after[v]), percent) for v in order)


def _mover(value: str, before: float, after: float, say: Callable[[float], str]) -> Mover:
    return Mover(value, before, after, (say(before), say(after)))


def _numerical(reference: pd.Series, current: pd.Series, rule: ColumnRule) -> Coded:
    left, right = (_rescale(side, rule) for side in (reference, current))
    present = left.notna().to_numpy(dtype=bool)
    mover = _mover("median", float(reference.median()), float(current.median()), _number)
    spread = max(float(np.nanstd(left.to_numpy())), 1e-3)
    gaps = (np.nanquantile(right, DECILES) - np.nanquantile(left, DECILES)) / spread
    shift = {f"decile {n}": float(gap) for n, gap in enumerate(gaps, 1)}
    return Coded(left, right, left.to_numpy(), present, shift, (mover,), mover.value, *mover.words)


def _rescale(column: pd.Series, rule: ColumnRule) -> pd.Series:
    return column if rule.scale == "plain" else pd.Series(np.log1p(column.clip(lower=0)), index=column.index)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
