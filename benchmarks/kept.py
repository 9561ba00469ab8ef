"""Finished pieces of a long benchmark in a file, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Kept:
    """Rows by key in one JSON file; ``None`` keeps nothing.

    The keys name what was asked for, not the code that answered: after a change of the code use another file.
    """

    file: Path | None = None

    def rows(self, key: str, make: Callable[[], Rows]) -> Rows:
        """What the file holds for ``key``, else what ``make`` returns, kept from now on."""
        if self.file is None:
            return make()
        known: dict[str, Rows] = json.loads(self.file.read_text()) if self.file.exists() else {}
        if key not in known:
            known[key] = make()
            aside = self.file.with_suffix(".part")
            aside.write_text(json.dumps(known))
            aside.replace(self.file)
        return known[key]
