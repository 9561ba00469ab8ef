"""Text read line by line: JSON Lines, and columns split by a delimiter of several characters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.mappings import Layout
from interactions.raw import NO_BAD, RawBatch, bad_rows, decoded, saved_text
from interactions.schema import Reason

_BYTES: Final = 32 << 20


def read_json_lines(path: Path, layout: Layout) -> Iterator[RawBatch]:
    """One object a line; its keys become text columns, nested values stay JSON."""
    engine = locked_duckdb()
    for batch in _lines(path, layout.encoding):
        readable, bad = _split(engine, batch, "coalesce(try(json_type(line)) = 'OBJECT', false)")
        yield RawBatch(_keys(engine, readable.rows), readable.lines, bad)


def read_delimited(path: Path, layout: Layout) -> Iterator[RawBatch]:
    """Columns by position under ``layout.names``; a line with another number of them is set aside."""
    engine, names = locked_duckdb(), layout.names
    delimiter = text_literal(layout.delimiter)
    for batch in _lines(path, layout.encoding):
        readable, bad = _split(engine, batch, f"len(string_split(line, {delimiter})) = {len(names)}")
        engine.register("readable", readable.rows)
        columns = ", ".join(f"nullif(parts[{n}], '') AS {quoted(name)}" for n, name in enumerate(names, 1))
        rows = engine.sql(
            f"SELECT {columns} FROM (SELECT string_split(line, {delimiter}) AS parts FROM readable)"
        ).to_arrow_table()
        yield RawBatch(rows, readable.lines, bad)


def locked_duckdb() -> Any:
    """A DuckDB that computes on Arrow tables and touches neither files nor the network."""
    return duckdb.connect(config={"threads": 1, "enable_external_access": "false"})


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """An SQL string."""
    return "'" + value.replace("'", "''") + "'"


def _lines(path: Path, encoding: str) -> Iterator[RawBatch]:
    with path.open("rb") as file:
        numbers = count(1)
        while lines := file.readlines(_BYTES):
            number = np.fromiter(numbers, dtype=np.int64, count=len(lines))
            stripped = [line.strip(b"\r\n") for line in lines]
            kept = np.array([bool(line.strip()) for line in stripped], dtype=np.bool_)
            rows = pa.table({"line": pa.chunked_array([pa.array(stripped, pa.binary())])}).filter(pa.array(kept))
            yield decoded(rows, pa.array(number[kept]), NO_BAD, encoding)


def _split(engine: Any, batch: RawBatch, condition: str) -> tuple[RawBatch, pa.Table]:
    """The lines that meet an SQL condition, and all bad ones so far."""
    engine.register("lines", batch.rows)
    good = engine.sql(f"SELECT {condition} AS good FROM lines").to_arrow_table()["good"].combine_chunks()
    wrong = pc.invert(good)
    texts = [saved_text(text) for text in batch.rows["line"].filter(wrong).to_pylist()]
    bad = bad_rows(batch.lines.filter(wrong).to_pylist(), Reason.UNREADABLE_ROW, texts)
    return RawBatch(batch.rows.filter(good), batch.lines.filter(good), NO_BAD), pa.concat_tables([batch.bad, bad])


def _keys(engine: Any, rows: pa.Table) -> pa.Table:
    engine.register("readable", rows)
    names = [
        name
        for (name,) in engine.execute(
            "SELECT DISTINCT unnest(json_keys(line)) AS k FROM readable ORDER BY k"
        ).fetchall()
    ]
    if not names:
        return rows.select([])
    columns = ", ".join(f"json_extract_string(line, {_pointer(name)}) AS {quoted(name)}" for name in names)
    return engine.sql(f"SELECT {columns} FROM readable").to_arrow_table()


def _pointer(name: str) -> str:
    # a JSON pointer (RFC 6901): a JSONPath could not spell every key
    return text_literal("/" + name.replace("~", "~0").replace("/", "~1"))
