"""Rows as a file gives them: its own columns, the line each came from, and the lines that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from interactions.schema import Reason

BAD_SCHEMA: Final = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("raw", pa.string())])
NO_BAD: Final = BAD_SCHEMA.empty_table()


@dataclass(frozen=True)
class RawBatch:
    """Rows of one file under its own column names.

    Args:
        rows: the readable rows; text formats give text columns only.
        lines: where each stands in the file: its line (CSV: its record, the header being 1; Parquet: its row from 1).
        bad: the unreadable ones: line, reason and what could be saved of their text.
    """

    rows: pa.Table
    lines: pa.Array
    bad: pa.Table


def bad_rows(lines: list[int], reason: Reason, raw: list[str]) -> pa.Table:
    """A table of unreadable rows that share a reason."""
    return pa.table([lines, [reason.value] * len(lines), raw], schema=BAD_SCHEMA)


def decoded(rows: pa.Table, lines: pa.Array, bad: pa.Table, encoding: str) -> RawBatch:
    """Bytes to text, setting the rows aside that are not in the encoding."""
    texts = [_decode(column, encoding) for column in rows.columns]
    wrong = np.logical_or.reduce([mask for _, mask in texts])
    table = pa.table([text for text, _ in texts], names=rows.column_names)
    if not wrong.any():
        return RawBatch(table, lines, bad)
    chosen, good = pa.array(wrong), pa.array(~wrong)
    raw = [saved_text(b",".join(one or b"" for one in row.values())) for row in rows.filter(chosen).to_pylist()]
    found = bad_rows(lines.filter(chosen).to_pylist(), Reason.WRONG_ENCODING, raw)
    return RawBatch(table.filter(good), lines.filter(good), pa.concat_tables([bad, found]))


def saved_text(value: Any) -> str:
    """What can be shown of a row that could not be read."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _decode(column: pa.ChunkedArray, encoding: str) -> tuple[pa.ChunkedArray, NDArray[np.bool_]]:
    if encoding == "utf-8":
        try:
            return column.cast(pa.string()), np.zeros(len(column), dtype=np.bool_)
        except pa.ArrowInvalid:
            pass  # at least one row is not UTF-8: find out which
    values = [_decode_one(one, encoding) for one in column.to_pylist()]
    wrong = np.array([value is False for value in values], dtype=np.bool_)
    return pa.chunked_array([pa.array([value or None for value in values], pa.string())]), wrong


def _decode_one(value: bytes | None, encoding: str) -> str | bool | None:
    if value is None:
        return None
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return False
