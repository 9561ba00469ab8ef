"""One thing that is wrong with the events themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from warehouse.windows import Window

TroubleKind = Literal["missing_day", "doubled_day", "null_column", "renamed_value", "bot_wave"]


@dataclass(frozen=True)
class Trouble:
    """A finding about the data, not about people: nothing is to be retrained for it.

    ``column`` is empty where whole days or users are concerned. ``days`` are those on which it showed, in order.
    ``renamed`` maps each new value to the one it replaced; ``users`` are the accounts of a wave of bots.
    ``reason`` holds the numbers in one sentence, ``advice`` says what to do.
    """

    kind: TroubleKind
    days: tuple[date, ...]
    reason: str
    advice: str
    column: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] = frozenset()

    def touches(self, window: Window) -> bool:
        """Whether it showed on a day of ``window``: older trouble is left out of the comparison without a word."""
        return any(day in window for day in self.days)
