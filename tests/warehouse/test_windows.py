from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.windows import Window, midnight

DATES = st.dates(date(1999, 1, 1), date(2040, 1, 1))


def test_the_end_is_outside() -> None:
    window = Window.parse("2026-03-01", "2026-03-03")

    assert list(window) == [date(2026, 3, 1), date(2026, 3, 2)]
    assert date(2026, 3, 2) in window
    assert date(2026, 3, 3) not in window
    assert "2026-03-01" not in window


def test_an_empty_window_has_no_days() -> None:
    assert list(Window(date(2026, 3, 1), date(2026, 3, 1))) == []


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found \[2026-03-02, 2026-03-01\): swap"):
        Window.parse("2026-03-02", "2026-03-01")


@given(DATES, st.integers(0, 400))
def test_trailing_counts_back_from_the_end(end: date, days: int) -> None:
    window = Window.trailing(end, days)

    assert window.length == len(list(window)) == days
    assert window.end == end
    assert window.end_ts - window.start_ts == timedelta(days=days)  # no day is 23 or 25 hours long


@given(DATES, st.integers(0, 400), st.integers(1, 40))
def test_blocks_hold_every_day_once_the_newest_first(end: date, days: int, length: int) -> None:
    window = Window.trailing(end, days)
    blocks = window.blocks(length)

    assert [day for block in reversed(blocks) for day in block] == list(window)
    assert all(block.length == length for block in blocks[:-1])


def test_f11_midnight_is_utc_also_on_a_leap_day() -> None:
    assert midnight(date(2028, 2, 29)) == datetime(2028, 2, 29, tzinfo=UTC)
    assert Window.day(date(2028, 2, 29)).end == date(2028, 3, 1)


def test_windows_read_as_they_are_written() -> None:
    assert str(Window.parse("2026-03-01", "2026-03-03")) == "[2026-03-01, 2026-03-03)"
