"""What may be tried: the values of every parameter, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from optuna import Trial

Value = float | int | str | bool
Parameters = Mapping[str, Value]
# a sampler that walks the whole grid lists it in memory
_LARGEST_GRID = 100_000


@dataclass(frozen=True)
class Choice:
    """One of ``values``."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a choice needs at least one value; found none")

    def suggest(self, trial: Trial, name: str) -> Value:
        """The value that ``trial`` tries."""
        return cast(Value, trial.suggest_categorical(name, self.values))


@dataclass(frozen=True)
class Range:
    """A number from ``low`` to ``high``, both included; ``log`` tries small ones as finely as large ones."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.high or (self.log and self.low <= 0):
            raise ValueError(f"a range needs low <= high (and low > 0 where log); found {self}")

    def suggest(self, trial: Trial, name: str) -> Value:
        """The value that ``trial`` tries."""
        if self.whole:
            return int(trial.suggest_int(name, int(self.low), int(self.high), log=self.log))
        return float(trial.suggest_float(name, self.low, self.high, log=self.log))


Space = Mapping[str, Choice | Range]


def grid(space: Space) -> dict[str, list[Value]]:
    """The values of every parameter of a space of choices.

    Raises:
        ValueError: a range among them, or more combinations than a grid can hold.
    """
    ranges = sorted(name for name, entry in space.items() if isinstance(entry, Range))
    if ranges:
        raise ValueError(f"a grid needs choices; found ranges for {', '.join(ranges)}: use the sampler tpe or random")
    values = {name: list(entry.values) for name, entry in space.items() if isinstance(entry, Choice)}
    size = 1
    for entry in values.values():
        size *= len(entry)
    if size > _LARGEST_GRID:
        raise ValueError(
            f"a grid of at most {_LARGEST_GRID:,} combinations can be walked; found {size:,}: "
            "offer fewer values, or use another sampler (random tries as many of them)"
        )
    return values
