"""Compiled functions need a cache only to start sooner."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recommender import heap
from recommender.compilation import compiled


def test_a_folder_without_a_cache_still_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def njit(cache: bool = False, nogil: bool = False) -> Callable[[object], object]:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr("numba.njit", njit)
    assert compiled.__wrapped__(heap.best_of_rows) is heap.best_of_rows
    assert asked == [True, False]
