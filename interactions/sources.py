"""Where events come from: an archive, cut into windows by time, or deliveries, one folder a day."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.errors import SourceError
from interactions.mappings import Layout, Mapping
from interactions.projection import Projection
from interactions.readers import read_raw
from warehouse.windows import Window

_DAY_FOLDERS: Final = "events/date=*"


@dataclass(frozen=True)
class Source(ABC):
    """Events under a path, read through a mapping.

    Args:
        path: a file or a folder.
        mapping: how its columns become ours.
    """

    path: Path
    mapping: Mapping

    @abstractmethod
    def batches(self, window: Window) -> Iterator[pa.Table]:
        """The rows that belong to a run over ``window``, in bounded pieces.

        Columns: ``date`` (the day that delivered the row), ``source``, ``line``, ``problem``, ``problem_field``,
        ``raw`` and those of an event, converted but not yet validated.

        Raises:
            SourceError: a file that cannot be read.
            SchemaChangeError: a required column that is missing or has another type.
        """

    @abstractmethod
    def span(self) -> Window:
        """The days from the first to the last that have rows."""

    def users(self) -> pa.Table | None:
        """The users that the source describes, or None."""
        return self._dimension("users")

    def items(self) -> pa.Table | None:
        """The items that the source describes, or None."""
        return self._dimension("items")

    def _dimension(self, table: str) -> pa.Table | None:
        from interactions.dimensions import read_dimension

        folder = self.path if self.path.is_dir() else self.path.parent
        for layout in self.mapping.layouts(table):
            files = self._event_files if layout.aggregate else _matching(folder, layout)
            files = [file for file in files if layout.fits(file.name)]
            if files:
                return read_dimension(table, files, layout, self.mapping.zone)
        return None

    @property
    @abstractmethod
    def _event_files(self) -> list[Path]: ...

    def _project(self, file: Path) -> Iterator[pa.Table]:
        layout = self.mapping.layout("events", file.name)
        if layout is None:
            known = [pattern for one in self.mapping.events for pattern in one.files]
            raise SourceError(f"'{file.name}' fits no events layout of '{self.mapping.name}': expected one of {known}")
        projection = Projection("events", layout, self.mapping.zone)
        name = file.relative_to(self.path).as_posix() if file != self.path else file.name
        for batch in read_raw(file, layout):
            rows = projection.apply(batch, name)
            yield rows.append_column(
                "source",
                pa.array([name])
                .dictionary_encode()
                .take(pa.array(np.zeros(len(rows), dtype=np.int32)))
                .cast(pa.string()),
            )


class Archive(Source):
    """A file, or a folder of files, with the whole history: a run takes the rows whose time lies in its window."""

    def batches(self, window: Window) -> Iterator[pa.Table]:
        """See :meth:`Source.batches`; rows without a readable time belong to the archive's first day."""
        for file in self._event_files:
            for rows in self._project(file):
                dated = rows.append_column("date", self._days(rows))
                inside = pc.and_(pc.greater_equal(dated["date"], window.start), pc.less(dated["date"], window.end))
                yield dated.filter(inside)

    def span(self) -> Window:
        """The days from the first to the last event.

        Raises:
            SourceError: no event has a readable time.
        """
        return self._span

    @cached_property
    def _span(self) -> Window:
        bounds = [pc.min_max(rows["ts"]) for file in self._event_files for rows in self._project(file)]
        first = [bound["min"].as_py() for bound in bounds if bound["min"].is_valid]
        last = [bound["max"].as_py() for bound in bounds if bound["max"].is_valid]
        if not first:
            raise SourceError(f"no event under '{self.path.name}' has a readable time")
        return Window(min(first).date(), max(last).date() + timedelta(days=1))

    def _days(self, rows: pa.Table) -> pa.ChunkedArray:
        days = rows["ts"].cast(pa.date32())
        return pc.fill_null(days, self.span().start) if days.null_count else days

    @cached_property
    def _event_files(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        for layout in self.mapping.events:
            files = [file for file in _matching(self.path, layout) if not _describes(self.mapping, file.name)]
            if files:
                return files
        known = [pattern for one in self.mapping.events for pattern in one.files]
        raise SourceError(f"no events under '{self.path.name}': expected events/date=YYYY-MM-DD folders or {known}")


class Deliveries(Source):
    """A folder a day: a run takes the folders of its window, whatever the time of the rows in them."""

    def batches(self, window: Window) -> Iterator[pa.Table]:
        """See :meth:`Source.batches`."""
        for day, folder in self._folders.items():
            if day in window:
                for file in _event_files_in(folder):
                    for rows in self._project(file):
                        yield rows.append_column("date", pa.repeat(pa.scalar(day, pa.date32()), len(rows)))

    def span(self) -> Window:
        """The days from the first to the last folder."""
        return Window(min(self._folders), max(self._folders) + timedelta(days=1))

    @property
    def _event_files(self) -> list[Path]:
        return [file for folder in self._folders.values() for file in _event_files_in(folder)]

    @cached_property
    def _folders(self) -> dict[date, Path]:
        folders = sorted(one for one in self.path.glob(_DAY_FOLDERS) if one.is_dir())
        return {_day_of(folder): folder for folder in folders}


def open_source(path: str | Path, mapping: Mapping) -> Source:
    """The deliveries or the archive under ``path``, told apart by its layout.

    Raises:
        SourceError: nothing there.
    """
    place = Path(path)
    if not place.exists():
        raise SourceError(f"no source at '{place}': expected a file or a folder of events")
    kind = Deliveries if place.is_dir() and any(place.glob(_DAY_FOLDERS)) else Archive
    return kind(place, mapping)


def _matching(folder: Path, layout: Layout) -> list[Path]:
    for pattern in layout.files:
        files = sorted(file for file in folder.glob(pattern) if file.is_file())
        if files:
            return files
    return []


def _describes(mapping: Mapping, name: str) -> bool:
    """Whether a file holds users or items, not events."""
    layouts = [one for one in (*mapping.users, *mapping.items) if not one.aggregate]
    return any(layout.fits(name) for layout in layouts)


def _event_files_in(folder: Path) -> list[Path]:
    hidden = (".", "_")
    return sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith(hidden))


def _day_of(folder: Path) -> date:
    try:
        return date.fromisoformat(folder.name.removeprefix("date="))
    except ValueError:
        raise SourceError(f"folder '{folder.name}' is not a delivery: expected date=YYYY-MM-DD") from None
