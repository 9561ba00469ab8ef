"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``advice`` says what to do unless all is well."""

    name: str
    level: Level
    seen: str
    advice: str = ""
