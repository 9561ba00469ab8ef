"""What a mapping says, checked."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from interactions.errors import MappingError
from warehouse.schemas import EVENT_FIELDS, TABLES

TARGETS: Final[MappingABC[str, tuple[str, ...]]] = {
    "events": tuple(EVENT_FIELDS),
    "users": tuple(TABLES["users"].schema.names),
    "items": tuple(TABLES["items"].schema.names),
}
REQUIRED: Final[MappingABC[str, tuple[str, ...]]] = {
    "events": ("user_id", "item_id", "event_type", "ts"),
    "users": ("user_id",),
    "items": ("item_id",),
}


@dataclass(frozen=True)
class Layout:
    """One shape of file and how it is read.

    Args:
        files: names or patterns of the files that have this shape, in order of preference.
        columns: our column → a column of the file, or an SQL (DuckDB) expression over its columns.
        optional: our columns that may have no counterpart; every other one must be there.
        ignore: columns of the file that are neither mapped nor kept; the rest go to the context.
        where: SQL condition on rows that are the source's subject; the others are not received.
        delimiter: for delimited text, one or more characters.
        names: the column names of a text file that has no header line.
        encoding: of text files.
        epoch: unit of integer timestamps (s, ms or us).
        aggregate: the expressions are aggregates over events, grouped by the first column.
    """

    files: tuple[str, ...]
    columns: MappingABC[str, str]
    optional: frozenset[str] = frozenset()
    ignore: tuple[str, ...] = ()
    where: str | None = None
    delimiter: str = ","
    names: tuple[str, ...] = ()
    encoding: str = "utf-8"
    epoch: str | None = None
    aggregate: bool = False

    def fits(self, name: str) -> bool:
        """Whether a file called ``name`` has this shape."""
        return any(fnmatch(name, pattern) for pattern in self.files)


@dataclass(frozen=True)
class Mapping:
    """The layouts of a source's events, users and items.

    Args:
        name: what messages call it.
        zone: the time zone of timestamps that carry none; without it such rows are refused.
    """

    name: str
    events: tuple[Layout, ...]
    users: tuple[Layout, ...] = ()
    items: tuple[Layout, ...] = ()
    zone: str | None = None

    def layouts(self, table: str) -> tuple[Layout, ...]:
        """The layouts of ``events``, ``users`` or ``items``."""
        return {"events": self.events, "users": self.users, "items": self.items}[table]

    def layout(self, table: str, name: str) -> Layout | None:
        """The first layout of ``table`` that fits a file called ``name``."""
        return next((one for one in self.layouts(table) if one.fits(name)), None)


def check_mapping(mapping: Mapping) -> Mapping:
    """Refuse a mapping that names unknown columns, lacks required ones or has an unknown zone.

    Raises:
        MappingError: with what was expected and what was found.
    """
    if mapping.zone is not None:
        _check_zone(mapping)
    if not mapping.events:
        raise MappingError(f"mapping '{mapping.name}' describes no events: give it at least one layout under 'events'")
    for table in TARGETS:
        for layout in mapping.layouts(table):
            _check_layout(mapping.name, table, layout)
    return mapping


def _check_zone(mapping: Mapping) -> None:
    try:
        ZoneInfo(mapping.zone or "")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(
            f"mapping '{mapping.name}': zone must be an IANA name such as Europe/London; found '{mapping.zone}'"
        ) from error


def _check_layout(name: str, table: str, layout: Layout) -> None:
    unknown = sorted((set(layout.columns) | layout.optional) - set(TARGETS[table]))
    absent = [column for column in REQUIRED[table] if column not in layout.columns]
    if unknown or absent or not layout.files:
        raise MappingError(
            f"mapping '{name}', {table}: expected files and columns from {list(TARGETS[table])}; "
            f"unknown {unknown}, absent {absent}, files {list(layout.files)}"
        )
    if layout.epoch not in (None, "s", "ms", "us"):
        raise MappingError(f"mapping '{name}', {table}: epoch must be s, ms or us; found '{layout.epoch}'")
