"""Delta tables, one partition a day, replaced atomically and read by named snapshot."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, TableNotFoundError
from filelock import FileLock

from warehouse.schemas import TABLES, TableSpec
from warehouse.windows import Window

if TYPE_CHECKING:
    import pandas as pd

_COMMIT_ATTEMPTS = 8


class TableMissingError(LookupError):
    """A table was read before any step wrote it."""


@dataclass(frozen=True)
class Snapshot:
    """A table as of one Delta version: what a model names as its training data."""

    table: str
    version: int

    def __str__(self) -> str:
        return f"{self.table}@{self.version}"


class Store:
    """The lake under ``root``: one Delta table per name in :data:`warehouse.schemas.TABLES`."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def path(self, table: str) -> Path:
        """Where ``table`` lies."""
        return self.root / _spec(table).name

    def exists(self, table: str) -> bool:
        """Whether any step has written ``table`` yet."""
        return DeltaTable.is_deltatable(str(self.path(table)))

    def snapshot(self, table: str) -> Snapshot:
        """Name the newest version of ``table``."""
        return Snapshot(table, self._open(table).version())

    def replace(
        self, table: str, frame: pa.Table | pd.DataFrame, window: Window | None = None, **where: str
    ) -> Snapshot:
        """Replace exactly the rows in ``window`` (and with ``where``) by ``frame``, in one commit.

        Args:
            table: a name in ``TABLES``.
            frame: the new rows; every one must lie in the replaced partition.
            window: days of the table's date partition; needed when it has one.
            where: equality on further partition columns, such as ``segment_id="s1"``.

        Raises:
            ValueError: a row outside the partition, a missing or unknown column.
        """
        spec = _spec(table)
        rows = _conform(spec, frame)
        predicate = _predicate(spec, window, where)
        _refuse_strays(spec, rows, window, where)
        return Snapshot(table, self._commit(spec, rows, predicate))

    def read(
        self,
        source: str | Snapshot,
        *,
        window: Window | None = None,
        columns: Sequence[str] | None = None,
        **where: str,
    ) -> pa.Table:
        """Read a table (its newest version) or a snapshot, whole or only one window of its date partition."""
        handle = self._open(source)
        filters = _filters(_spec(handle_name(source)), window, where)
        return handle.to_pyarrow_table(columns=list(columns) if columns else None, partitions=None, filters=filters)

    def frame(
        self,
        source: str | Snapshot,
        *,
        window: Window | None = None,
        columns: Sequence[str] | None = None,
        **where: str,
    ) -> pd.DataFrame:
        """Like :meth:`read`, as a pandas frame."""
        frame: pd.DataFrame = self.read(source, window=window, columns=columns, **where).to_pandas()
        return frame

    def files(self, source: str | Snapshot, window: Window | None = None) -> list[str]:
        """The Parquet files of a snapshot, for engines that read them directly."""
        handle = self._open(source)
        spec = _spec(handle_name(source))
        if window is None or not spec.partition:
            return sorted(handle.file_uris())
        days = [d.isoformat() for d in window]
        return sorted(handle.file_uris([(spec.partition[0], "in", days)])) if days else []

    def dates(self, table: str) -> list[date]:
        """The distinct values of the table's date partition, oldest first; empty when never written."""
        if not self.exists(table):
            return []
        column = _spec(table).partition[0]
        values = {str(p[column]) for p in self._open(table).partitions()}
        return sorted(date.fromisoformat(v) for v in values)

    def newest_date(self, table: str, until: date) -> date | None:
        """The newest of :meth:`dates` on ``until`` or before it; ``None``: there is none."""
        return max((day for day in self.dates(table) if day <= until), default=None)

    def content_hash(self, table: str, window: Window | None = None) -> str:
        """A SHA-256 over the rows, whatever their order and files: equal content, equal hash."""
        rows = self.read(table, window=window).combine_chunks()
        ordered = rows.select(sorted(rows.column_names))
        lines = sorted(str(row) for row in ordered.to_pylist())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @contextlib.contextmanager
    def lock(self, name: str, timeout: float = 600) -> Iterator[None]:
        """Hold the one writer's lock ``name``: read-compute-write spans that must not interleave."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / f".{name}.lock", timeout=timeout):
            yield

    def _open(self, source: str | Snapshot) -> DeltaTable:
        name = handle_name(source)
        version = source.version if isinstance(source, Snapshot) else None
        try:
            return DeltaTable(str(self.path(name)), version=version)
        except TableNotFoundError as error:
            raise TableMissingError(
                f"table '{name}' was read but never written under {self.root}: run the step that fills it first"
            ) from error

    def _commit(self, spec: TableSpec, rows: pa.Table, predicate: str | None) -> int:
        path = str(self.path(spec.name))
        for attempt in range(_COMMIT_ATTEMPTS):
            try:
                # a table's first commit creates it: two creators would each believe they were first
                with self.lock(f"{spec.name}.commit"):
                    exists = DeltaTable.is_deltatable(path)
                    write_deltalake(
                        path,
                        rows,
                        mode="overwrite",
                        partition_by=list(spec.partition) or None,
                        predicate=predicate if exists else None,
                        schema_mode="merge" if exists and predicate else ("overwrite" if exists else None),
                    )
                    return DeltaTable(path).version()
            except CommitFailedError:
                if attempt == _COMMIT_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")


def handle_name(source: str | Snapshot) -> str:
    """The table that a name or a snapshot stands for."""
    return source.table if isinstance(source, Snapshot) else source


def _spec(table: str) -> TableSpec:
    try:
        return TABLES[table]
    except KeyError:
        raise ValueError(f"unknown table '{table}': expected one of {', '.join(sorted(TABLES))}") from None


def _conform(spec: TableSpec, frame: pa.Table | pd.DataFrame) -> pa.Table:
    rows = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    missing = [name for name in spec.schema.names if name not in rows.column_names]
    extra = [name for name in rows.column_names if name not in spec.schema.names]
    if missing or (extra and not spec.open):
        raise ValueError(f"table '{spec.name}' takes columns {spec.schema.names}; missing {missing}, unknown {extra}")
    known = rows.select(spec.schema.names).cast(spec.schema)
    for name in extra:
        known = known.append_column(name, rows.column(name))
    return known


def _predicate(spec: TableSpec, window: Window | None, where: Mapping[str, str]) -> str | None:
    if not spec.partition:
        return None
    if window is None:
        raise ValueError(f"table '{spec.name}' is partitioned by {spec.partition}: say which window to replace")
    column = spec.partition[0]
    parts = [f"{column} >= '{window.start}'", f"{column} < '{window.end}'"]
    parts += [f"{name} = '{value}'" for name, value in _checked(spec, where).items()]
    return " AND ".join(parts)


def _filters(spec: TableSpec, window: Window | None, where: Mapping[str, str]) -> list[tuple[str, str, object]] | None:
    filters: list[tuple[str, str, object]] = []
    if window is not None:
        column = spec.partition[0]
        filters += [(column, ">=", window.start), (column, "<", window.end)]
    filters += [(name, "=", value) for name, value in where.items()]
    return filters or None


def _checked(spec: TableSpec, where: Mapping[str, str]) -> Mapping[str, str]:
    unknown = [name for name in where if name not in spec.partition[1:]]
    if unknown or any("'" in value for value in where.values()):
        raise ValueError(f"table '{spec.name}' is replaced by {spec.partition}; found {dict(where)}")
    return where


def _refuse_strays(spec: TableSpec, rows: pa.Table, window: Window | None, where: Mapping[str, str]) -> None:
    if not spec.partition or window is None or rows.num_rows == 0:
        return
    column = rows.column(spec.partition[0])
    low, high = pc.min(column).as_py(), pc.max(column).as_py()
    if low < window.start or high >= window.end:
        raise ValueError(f"rows of '{spec.name}' must lie in {window}; found {low} to {high}")
    for name, value in where.items():
        if pc.any(pc.not_equal(rows.column(name), value)).as_py():
            raise ValueError(f"rows of '{spec.name}' must have {name} = '{value}'; found others")
