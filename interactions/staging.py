"""Where a run gathers its rows on disk before anything is written: memory stays bounded, a stop leaves no trace."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from interactions.validation import Validated
from warehouse.schemas import EVENT_FIELDS, TABLES
from warehouse.store import Store
from warehouse.windows import Window

# what makes two rows the same event but for their id
_PAYLOAD: Final = [name for name in EVENT_FIELDS if name != "event_id"]
FINGERPRINT: Final = "md5(concat_ws(chr(31), {}))".format(
    ", ".join(f"coalesce({name}::VARCHAR, chr(30))" for name in _PAYLOAD)
)
INDEX: Final = ["event_id", "date", "event_date", "source", "line"]
DELIVERED: Final = ["date", "event_date", "line", "source", *EVENT_FIELDS]


class Staging:
    """A DuckDB on disk with the tables ``valid`` and ``invalid`` of one run, beside what was delivered before."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._files: dict[date, list[str]] = {}
        self._create("staged", TABLES["deliveries"].schema)
        self._create("invalid", TABLES["quarantine"].schema)

    def add(self, rows: Validated) -> None:
        """Append a batch."""
        self.engine.register("batch", _without_zone(rows.accepted))
        columns = [c if c != "event_date" else "ts::DATE" for c in DELIVERED]
        self.engine.execute(f"INSERT INTO staged SELECT {', '.join(columns)} FROM batch")
        self.engine.unregister("batch")
        self.engine.register("batch", rows.rejected)
        self.engine.execute("INSERT INTO invalid SELECT * FROM batch")
        self.engine.unregister("batch")

    def number_events(self) -> None:
        """Make ``valid``: rows without an event id get one from their content and how often it occurred that day."""
        occurrence = f"row_number() OVER (PARTITION BY date, {FINGERPRINT} ORDER BY source, line)"
        derived = f"{FINGERPRINT} || '-' || {occurrence}"
        lacking = "event_id IS NULL"
        self.engine.execute(
            f"CREATE TABLE valid AS SELECT * REPLACE ({derived} AS event_id) FROM staged WHERE {lacking} "
            f"UNION ALL SELECT * FROM staged WHERE NOT {lacking}"
        )

    def index(self, store: Store, window: Window) -> None:
        """Make ``before`` (what the window had delivered until now), ``others`` and ``known`` (others and ``valid``).

        They hold what tells rows apart, not the rows: one narrow scan of the past, whatever its length.
        """
        self._files = _files_by_day(store)
        past = _rows_of([file for files in self._files.values() for file in files], INDEX)
        inside = f"date >= DATE '{window.start}' AND date < DATE '{window.end}'"
        self.engine.execute(f"CREATE TABLE past AS {past}")
        self.engine.execute(f"CREATE VIEW before AS SELECT * FROM past WHERE {inside}")
        self.engine.execute(f"CREATE VIEW others AS SELECT * FROM past WHERE NOT ({inside})")
        self.engine.execute(f"CREATE VIEW known AS SELECT * FROM others UNION ALL SELECT {', '.join(INDEX)} FROM valid")

    def open_days(self, days: Iterable[date]) -> None:
        """Make ``delivered``: the whole rows of ``valid`` and of these other delivery days."""
        files = [file for day in sorted(days) for file in self._files[day]]
        self.engine.execute(f"CREATE VIEW delivered AS {_rows_of(files, DELIVERED)} UNION ALL SELECT * FROM valid")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        found: list[tuple[Any, ...]] = self.engine.execute(sql).fetchall()
        return found

    def days(self, sql: str) -> list[date]:
        """The dates that a query gives, in order."""
        return sorted(row[0] for row in self.rows(sql))

    def table(self, sql: str) -> pa.Table:
        """A query as Arrow."""
        return self.engine.sql(sql).to_arrow_table()

    def _create(self, name: str, schema: pa.Schema) -> None:
        self.engine.register("shape", _without_zone(schema.empty_table()))
        self.engine.execute(f"CREATE TABLE {name} AS SELECT * FROM shape")
        self.engine.unregister("shape")


@contextlib.contextmanager
def staging(store: Store, memory_limit: str = "512MB") -> Iterator[Staging]:
    """A fresh staging area under the store; hold ``store.lock("ingest")``, there is only one."""
    folder = store.root / ".ingest"
    shutil.rmtree(folder, ignore_errors=True)  # left behind by a run that was killed
    folder.mkdir(parents=True)
    engine = duckdb.connect(str(folder / "staging.duckdb"), config=_limits(folder, memory_limit))
    try:
        yield Staging(engine)
    finally:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


def _limits(folder: Path, memory_limit: str) -> dict[str, Any]:
    return {
        "memory_limit": memory_limit,
        "threads": 2,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def _files_by_day(store: Store) -> dict[date, list[str]]:
    found: dict[date, list[str]] = {}
    for file in store.files("deliveries") if store.exists("deliveries") else []:
        found.setdefault(date.fromisoformat(unquote(file).split("date=")[-1].split("/")[0]), []).append(file)
    return found


def _rows_of(files: list[str], columns: list[str]) -> str:
    """Rows of delivery files, instants as plain UTC."""
    if not files:
        return f"SELECT {', '.join(columns)} FROM staged WHERE false"
    converted = {"ts": "make_timestamp(epoch_us(ts)) AS ts", "date": "date::DATE AS date"}
    chosen = ", ".join(converted.get(column, column) for column in columns)
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"SELECT {chosen} FROM read_parquet([{listed}], hive_partitioning = true, union_by_name = true)"


def _without_zone(rows: pa.Table) -> pa.Table:
    """UTC instants as DuckDB computes with them, without its zone extension."""
    fields = [one.with_type(pa.timestamp("us")) if pa.types.is_timestamp(one.type) else one for one in rows.schema]
    return rows.cast(pa.schema(fields))
