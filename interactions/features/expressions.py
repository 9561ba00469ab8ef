"""Small Ibis expressions that several features share, the same on DuckDB and on Spark."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

from interactions.features.settings import COUNTED_TYPES, OTHER_TYPE, FeatureSettings

if TYPE_CHECKING:
    import ibis.expr.types as ir

_LIMIT = 1e11  # with six decimals it fits into 64 bits: many times faster to add than 128
_EXACT = "decimal(18, 6)"
_LN2 = math.log(2.0)
_ALL_TYPES = (*COUNTED_TYPES, OTHER_TYPE)


def aged(daily: ir.Table, as_of: date) -> ir.Table:
    """Rollup rows before ``as_of`` with ``age`` in days (1: the day before)."""
    import ibis

    end = ibis.literal(as_of)
    past = daily.filter(daily.date < end)
    return past.mutate(age=end.epoch_days() - past.date.epoch_days())


def exact(value: Any) -> Any:
    """A decimal that any order of rows sums to the same: floats are rounded to 1e-6 and clipped to ±1e11.

    The bound keeps a poisoned row from overflowing a sum. Decimals, being sums of such numbers, stay what they are.
    """
    if value.type().is_decimal():
        return value
    return value.cast("float64").clip(lower=-_LIMIT, upper=_LIMIT).cast(_EXACT)


def exact_sum(value: Any, where: Any = None) -> Any:
    """A sum that does not depend on the order of rows: threads add decimals exactly, floats they would not."""
    import ibis

    number = exact(value)
    kept = number if where is None else ibis.ifelse(where, number, ibis.null().cast(number.type()))
    return kept.sum().cast("float64")


def ratio(part: Any, whole: Any) -> Any:
    """``part / whole``, missing where the whole is zero."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def recent(days: ir.Table, column: str, length: int) -> Any:
    """The sum of a counter over the last ``length`` days."""
    return days[column].sum(where=days.age <= length)


def decayed_events(days: ir.Table, settings: FeatureSettings) -> dict[str, Any]:
    """For every half-life a column of events of its types, each weighing ``0.5 ** (age / half-life)``."""
    lives, found = settings.half_lives, {}
    for number, length in enumerate(half_lives(settings)):
        counted = sum(days[f"n_{name}"] for name in _ALL_TYPES if lives[name] == length)
        found[f"decayed_{number}"] = counted * (days.age * (-_LN2 / length)).exp()
    return found


def half_lives(settings: FeatureSettings) -> list[float]:
    """The distinct half-lives in days, shortest first: types of one half-life share an exponential."""
    return sorted(set(settings.half_lives.values()))


def halved(age: int, half_life: float) -> float:
    """The weight of what is ``age`` days old: ``0.5 ** (age / half_life)``."""
    return math.exp(-_LN2 / half_life * age)
