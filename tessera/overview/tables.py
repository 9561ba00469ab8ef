"""The lake as the page reads it: recent days only, each read once until its files change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tessera.overview.keeping import Keeping
from warehouse.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.store import Store

Row = dict[str, Any]
T = TypeVar("T")
EVENT_DAYS: Final = 28
MOST_EVENTS: Final = 3_000_000
# every row of ``segments`` carries the whole fit: megabytes where there are many segments
_READ: Final[dict[str, tuple[str, ...]]] = {"segments": ("as_of", "segment_id", "name", "band", "users", "profile")}


class Tables:
    """Rows of the lake's tables, as plain values; a table that no step has written yet has none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keeping = Keeping()

    def days(self, table: str) -> list[date]:
        """The days of a table, oldest first."""
        return self._store.dates(table)

    def recent(self, table: str, days: int, **where: str) -> list[Row]:
        """The rows of the last ``days`` days that a table has (and of one segment, where named), oldest first."""
        known = self.days(table)
        if not known:
            return []
        window = Window(max(known[0], known[-1] - timedelta(days=days - 1)), Window.day(known[-1]).end)
        return self._rows(table, window, **where)

    def day(self, table: str, day: date) -> list[Row]:
        """The rows of one day."""
        return self._rows(table, Window.day(day))

    def sizes(self, days: int) -> dict[str, list[tuple[date, int]]]:
        """Users of every segment on the last ``days`` days that count them, oldest first, up to the last assigned one.

        Users are assigned on some days and counted by every fit of the segmentation: both tell how a segment grows.
        """
        assigned, fits = self.days("segment_assignments"), self.days("segments")
        known = sorted({*assigned, *(day for day in fits if assigned and day <= assigned[-1])})[-days:]
        sizes: dict[str, list[tuple[date, int]]] = {}
        for day in known:
            for segment, users in (self._counted(day) if day in assigned else self._fitted(day)).items():
                sizes.setdefault(segment, []).append((day, users))
        return sizes

    def assigned(self, day: date) -> pd.DataFrame:
        """``user_id segment_id`` of a day."""
        return self._frame("segment_assignments", Window.day(day), ("user_id", "segment_id"))

    def events(self) -> pd.DataFrame:
        """``user_id item_id`` of the newest ``EVENT_DAYS`` days, fewer where they hold many millions of rows."""
        import pandas as pd

        parts: list[pd.DataFrame] = [pd.DataFrame({"user_id": [], "item_id": []}, dtype="str")]
        for day in reversed(self.days("interactions")[-EVENT_DAYS:]):
            parts.append(self._store.frame("interactions", window=Window.day(day), columns=["user_id", "item_id"]))
            if sum(map(len, parts)) > MOST_EVENTS:
                break
        return pd.concat(parts, ignore_index=True)

    def titles(self) -> dict[str, str]:
        """Item id to title."""
        if not self._store.exists("items"):
            return {}
        rows = self._store.read("items", columns=["item_id", "title"])
        return dict(zip(rows["item_id"].to_pylist(), rows["title"].to_pylist(), strict=True))

    def made(self, name: str, tables: Sequence[str], make: Callable[[], T]) -> T:
        """What ``make`` computes from ``tables``, kept until one of them changes."""
        versions = tuple(self._store.snapshot(table).version for table in tables if self._store.exists(table))
        return self._keeping.keep((name, *tables), versions, make)

    def _rows(self, table: str, window: Window, **where: str) -> list[Row]:
        def read() -> list[Row]:
            found = self._store.read(table, window=window, columns=_READ.get(table), **where).to_pylist()
            return sorted(found, key=lambda row: (row["as_of"], str(row.get("segment_id"))))

        key = (table, window, *where.items())
        return self._keeping.keep(key, tuple(self._store.files(table, window)), read)

    def _frame(self, table: str, window: Window, columns: Sequence[str]) -> pd.DataFrame:
        files = tuple(self._store.files(table, window))
        return self._keeping.keep(
            (table, window, columns), files, lambda: self._store.frame(table, window=window, columns=columns)
        )

    def _fitted(self, day: date) -> dict[str, int]:
        return {row["segment_id"]: row["users"] for row in self.day("segments", day)}

    def _counted(self, day: date) -> dict[str, int]:
        def count() -> dict[str, int]:
            import pyarrow.compute as pc

            column = self._store.read(table, window=window, columns=["segment_id"])["segment_id"]
            return {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()}

        table, window = "segment_assignments", Window.day(day)
        return self._keeping.keep(("sizes", day), tuple(self._store.files(table, window)), count)
