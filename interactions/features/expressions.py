"""Small Ibis expressions that several features share, the same on DuckDB and on Spark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

_LIMIT = 1e11  # with six decimals it fits into 64 bits: many times faster to add than 128
_EXACT = "decimal(18, 6)"
_LN2 = math.log(2.0)


def exact_sum(value: Any, where: Any = None) -> Any:
    """A sum that does not depend on the order of rows: threads add decimals exactly, floats they would not.

    Values are rounded to 1e-6 and clipped to ±1e11, so that a poisoned row cannot overflow the sum.
    """
    import ibis

    clipped = value.cast("float64").clip(lower=-_LIMIT, upper=_LIMIT).cast(_EXACT)
    kept = clipped if where is None else ibis.ifelse(where, clipped, ibis.null().cast(_EXACT))
    return kept.sum().cast("float64")


def exact_mean(value: Any, where: Any = None) -> Any:
    """The mean of the values that are there, order-independent; missing when none is."""
    return ratio(exact_sum(value, where), value.count(where=where))


def ratio(part: Any, whole: Any) -> Any:
    """``part / whole``, missing where the whole is zero."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def recent(days: ir.Table, column: str, length: int) -> Any:
    """The sum of a counter over the last ``length`` days."""
    return days[column].sum(where=days.age <= length)


def decayed(days: ir.Table, half_lives: dict[str, float], types: tuple[str, ...]) -> Any:
    """Events counted with weight ``0.5 ** (age / half-life of their type)``, yesterday being of age 1."""
    lengths = sorted({half_lives[name] for name in types})
    counted = {length: [days[f"n_{name}"] for name in types if half_lives[name] == length] for length in lengths}
    # types of one half-life share an exponential, and each row is rounded once
    return exact_sum(sum(sum(counted[length]) * (days.age * (-_LN2 / length)).exp() for length in lengths))


def commonest(levels: ir.Table) -> Any:
    """The level of rank 0: the one present on most days, the first by name among equals."""
    return levels.level.max(where=levels["rank"] == 0)
