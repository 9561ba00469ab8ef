"""The query engine: DuckDB here, Spark on a cluster, both reading the files of a named snapshot through Ibis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.schemas import TABLES
from warehouse.store import Snapshot, Store, handle_name
from warehouse.windows import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir


def duckdb_engine(memory_limit: str = "2GB", threads: int = 2) -> Any:
    """An in-memory DuckDB behind Ibis, bounded in memory and threads, never reaching for the network."""
    import ibis

    return ibis.duckdb.connect(
        memory_limit=memory_limit,
        threads=threads,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )


def relation(engine: Any, store: Store, source: str | Snapshot, window: Window | None = None) -> ir.Table:
    """The rows of a snapshot in ``window`` as an Ibis table on ``engine``.

    An empty window (or one without files) gives an empty table of the same columns. Instants come out as
    timestamps without a zone, in UTC: DuckDB's zone functions need an extension that its wheel does not carry.
    """
    import ibis

    files = store.files(source, window)
    spec = TABLES[handle_name(source)]
    if files:
        table = engine.read_parquet(files, hive_partitioning=True, union_by_name=True)
    else:
        table = ibis.memtable(spec.schema.empty_table())
    casts = {name: "date" for name in spec.partition if name in ("date", "as_of")}
    casts |= {name: "string" for name in spec.partition if name not in casts}
    casts |= {name: "timestamp(6)" for name, kind in table.schema().items() if kind.is_timestamp()}
    return table.cast(casts)


def at_rest(engine: Any, expression: ir.Table, file: Path) -> ir.Table:
    """The rows of an expression out of ``file``, which is written first where it does not exist."""
    if not file.exists():
        engine.to_parquet(expression, file)
    return opened(engine, file, expression)


def opened(engine: Any, file: Path, like: ir.Table) -> ir.Table:
    """The rows in ``file``, of the same types as those of the expression that they came from."""
    # DuckDB's sums of integers are wider than 64 bits and are stored as floats: the declared types come back
    return engine.read_parquet(str(file)).cast(dict(like.schema().items()))
