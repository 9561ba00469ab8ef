"""Rule bands: who is new, who is regular, who is whatever a rule on the features says."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_TERM: Final = re.compile(r"\s*(\w+)\s*(<=|>=|==|!=|<|>)\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?))\s*")


@dataclass(frozen=True)
class Condition:
    """``column comparison value``; a missing number counts as 0, a missing text as the empty one."""

    column: str
    comparison: str
    value: float | str

    def holds(self, features: Mapping[str, Any]) -> bool:
        """Whether one user's features meet the condition."""
        found = features.get(self.column)
        missing = found is None or found != found
        blank: float | str = "" if isinstance(self.value, str) else 0.0
        return bool(_COMPARISONS[self.comparison](blank if missing else found, self.value))

    def mask(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows of a feature frame meet the condition."""
        if self.column not in frame.columns:
            return np.full(len(frame), self.holds({}))
        column = frame[self.column].fillna("" if isinstance(self.value, str) else 0.0).to_numpy()
        return np.asarray(_COMPARISONS[self.comparison](column, self.value), dtype=bool)


@dataclass(frozen=True)
class Band:
    """A band of users that one rule describes.

    Attributes:
        name: a short key, such as ``new``.
        label: what people read, such as ``New``.
        rule: comparisons of feature columns joined by ``and`` (``"spend_total >= 500 and country == 'DE'"``);
            the empty rule holds for everyone.

    Raises:
        ValueError: a rule that is not of that form.
    """

    name: str
    label: str
    rule: str

    def __post_init__(self) -> None:
        _ = self.conditions

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The rule, read."""
        if not self.rule.strip():
            return ()
        return tuple(_condition(part, self) for part in re.split(r"\band\b", self.rule))

    def holds(self, features: Mapping[str, Any]) -> bool:
        """Whether one user is in the band."""
        return all(c.holds(features) for c in self.conditions)

    def mask(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows of a feature frame are in the band."""
        inside = np.ones(len(frame), dtype=bool)
        for condition in self.conditions:
            inside &= condition.mask(frame)
        return inside


def band_of(bands: Sequence[Band], features: Mapping[str, Any]) -> int:
    """The index of the first band that holds for one user (the last one holds for everybody)."""
    return next((n for n, band in enumerate(bands) if band.holds(features)), len(bands) - 1)


def bands_of(bands: Sequence[Band], frame: pd.DataFrame) -> NDArray[np.int64]:
    """The index of the first band that holds, for every row."""
    found = np.full(len(frame), len(bands) - 1, dtype=np.int64)
    for number in reversed(range(len(bands))):
        found[bands[number].mask(frame)] = number
    return found


def route(counts: Sequence[int], required: Sequence[int]) -> tuple[int, ...]:
    """Where each band's users are clustered: in its own band if it is large enough, else in the next one up.

    What is left too small at the top goes down to the nearest band that stands, or stays when none does.
    """
    carried, homes, waiting = 0, list(range(len(counts))), list[int]()
    for number, count in enumerate(counts):
        waiting, carried = [*waiting, number], carried + count
        if carried >= required[number]:
            homes = [number if n in waiting else home for n, home in enumerate(homes)]
            waiting, carried = [], 0
    standing = max(set(homes) - set(waiting), default=len(counts) - 1)
    return tuple(standing if n in waiting else home for n, home in enumerate(homes))


def route_to_rest(counts: Sequence[int], required: Sequence[int]) -> tuple[int, ...]:
    """Where each rule's users are clustered: rules have no order of size, so small ones go to the last, *other*."""
    rest = len(counts) - 1
    return tuple(
        number if count >= need else rest for number, (count, need) in enumerate(zip(counts, required, strict=True))
    )


def _condition(part: str, band: Band) -> Condition:
    match = _TERM.fullmatch(part)
    if match is None:
        raise ValueError(
            f"the rule of band '{band.name}' must be comparisons joined by 'and', such as "
            f"\"spend_total >= 500 and country == 'DE'\"; found {part.strip()!r}"
        )
    column, comparison, text, number = match.groups()
    return Condition(column, comparison, text if text is not None else float(number))
