"""Events in memory: one array a column, until they become the rows of a delivery."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interactions.simulation.chance import Floats, Ints


@dataclass(frozen=True)
class Journal:
    """Events as codes: ``ts`` in microseconds since the period began; NaN (``value``) and -1 (the codes) for none."""

    user: Ints
    item: Ints
    kind: Ints
    ts: Ints
    value: Floats
    session: Ints
    device: Ints
    channel: Ints
    page: Ints

    def __len__(self) -> int:
        return len(self.user)

    def take(self, chosen: NDArray[Any]) -> Journal:
        """The events at ``chosen`` (a mask or positions)."""
        return Journal(*(getattr(self, f.name)[chosen] for f in dataclasses.fields(self)))

    def derive(self, chosen: NDArray[Any], kind: int, delay: Ints, value: Floats | None = None) -> Journal:
        """What follows from the events ``chosen``: the same but for the type, ``delay`` microseconds later."""
        base = self.take(chosen)
        nothing = np.full(len(base), np.nan)
        return dataclasses.replace(
            base, kind=np.full(len(base), kind), ts=base.ts + delay, value=nothing if value is None else value
        )


def joined(parts: Sequence[Journal]) -> Journal:
    """All events of ``parts``, in their order."""
    return Journal(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in dataclasses.fields(Journal)))


def empty() -> Journal:
    """No events."""
    nothing = np.empty(0, np.int64)
    return Journal(nothing, nothing, nothing, nothing, np.empty(0), nothing, nothing, nothing, nothing)
