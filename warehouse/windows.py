"""Half-open windows of UTC days: the only notion of time that steps take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, order=True)
class Window:
    """The UTC days ``[start, end)``: ``end`` itself is outside.

    Raises:
        ValueError: if ``end`` is before ``start`` (an empty window, ``start == end``, is allowed).
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(
                f"a window must end on or after its start; found [{self.start}, {self.end}): swap the two dates"
            )

    @classmethod
    def parse(cls, start: str, end: str) -> Window:
        """Read two ISO dates, such as ``Window.parse("2026-01-01", "2026-02-01")``."""
        return cls(date.fromisoformat(start), date.fromisoformat(end))

    @classmethod
    def day(cls, day: date) -> Window:
        """The one day ``day``."""
        return cls(day, day + timedelta(days=1))

    @classmethod
    def trailing(cls, end: date, days: int) -> Window:
        """The ``days`` days before ``end``, the newest of them being the day before ``end``."""
        return cls(end - timedelta(days=days), end)

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    @property
    def start_ts(self) -> datetime:
        """Midnight UTC at which the window begins."""
        return midnight(self.start)

    @property
    def end_ts(self) -> datetime:
        """Midnight UTC at which the window is over (exclusive)."""
        return midnight(self.end)

    def blocks(self, days: int) -> list[Window]:
        """The window in pieces of ``days`` days, the newest first; the oldest holds what is left over."""
        ends = [self.end - timedelta(days=n) for n in range(0, self.length, days)]
        return [Window(max(self.start, end - timedelta(days=days)), end) for end in ends]

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(self.length))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    def __str__(self) -> str:
        return f"[{self.start}, {self.end})"


def midnight(day: date) -> datetime:
    """The first instant of ``day`` in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
