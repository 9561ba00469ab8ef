"""Values that are made once and kept until what they were made from has another version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
MOST_KEPT = 400


class Keeping:
    """A bounded store of values; one instance may be asked by several threads, which then make a value once."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}
        self._lock = threading.RLock()

    def keep(self, key: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """What is kept under ``key`` if it is of that version, else what ``make`` says, kept from now on."""
        with self._lock:
            known = self._kept.pop(key, None)
            if known is None or known[0] != version:
                known = (version, make())
            self._kept[key] = known  # the last used is the last to go
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
            made: T = known[1]
            return made
