"""Evidently's drift of one column without its pictures, which are two thirds of the work and seldom looked at."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def unplotted_drift() -> type[Any]:
    """A ``ValueDrift`` that measures, tests and is kept as Evidently's own, and draws nothing.

    Whoever reads its snapshot needs no class of ours: it says of itself that it is a ``ValueDrift``.
    """
    from evidently.metrics import ValueDrift
    from evidently.metrics.column_statistics import ValueDriftCalculation

    class Unplotted(ValueDriftCalculation):  # type: ignore[misc]
        def _render(self, *_: object) -> None:
            # without a picture of its own, Evidently shows the number
            return None

    # a calculation binds itself to its metric when it is defined: Evidently's own gets its own back
    ValueDrift.__calculation_type__ = ValueDriftCalculation

    class UnplottedDrift(ValueDrift):  # type: ignore[misc]
        class Config:
            type_alias = "evidently:metric_v2:ValueDrift"

    UnplottedDrift.__calculation_type__ = Unplotted
    return UnplottedDrift
