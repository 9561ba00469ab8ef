"""CSV files in blocks; a row with too few or too many columns is set aside with its record number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from interactions.errors import SourceError
from interactions.mappings import Layout
from interactions.raw import RawBatch, bad_rows, decoded, saved_text
from interactions.schema import Reason

_BLOCK_BYTES: Final = 16 << 20  # also the longest record that can be read


def read_csv(path: Path, layout: Layout) -> Iterator[RawBatch]:
    """The batches of a CSV file, every column as text, empty fields as null."""
    names = list(layout.names) or _header(path, layout)
    broken: dict[int, str] = {}

    def set_aside(row: Any) -> str:
        broken[row.number] = saved_text(row.text)
        return "skip"

    line = 1 if layout.names else 2
    for batch in _open(path, layout, names, set_aside):
        lines, line, bad = _number(line, len(batch), broken)
        # the reader has put every encoding but UTF-8 into UTF-8 already
        yield decoded(pa.Table.from_batches([batch]), lines, bad, "utf-8")
    if broken:
        empty = pa.table([pa.array([], pa.string())] * len(names), names=names)
        yield RawBatch(empty, pa.array([], pa.int64()), _bad(broken, max(broken) + 1))


def _open(path: Path, layout: Layout, names: list[str], set_aside: Any) -> pa_csv.CSVStreamingReader:
    return pa_csv.open_csv(
        path,
        # one thread: only then are the numbers of bad rows known
        pa_csv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK_BYTES,
            column_names=names,
            skip_rows=0 if layout.names else 1,
            encoding=layout.encoding,
        ),
        pa_csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=set_aside),
        pa_csv.ConvertOptions(
            check_utf8=False,
            column_types={name: pa.binary() for name in names},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _number(line: int, rows: int, broken: dict[int, str]) -> tuple[pa.Array, int, pa.Table]:
    """The record numbers of the next ``rows`` good rows, where the next batch starts, and the bad rows between."""
    every = np.arange(line, line + rows + len(broken), dtype=np.int64)
    lines = np.setdiff1d(every, np.fromiter(broken, dtype=np.int64, count=len(broken)))[:rows]
    following = int(lines[-1]) + 1 if rows else line
    return pa.array(lines), following, _bad(broken, following)


def _bad(broken: dict[int, str], before: int) -> pa.Table:
    """Take the bad rows before a record out of ``broken``: the reader runs a block ahead of us."""
    numbers = sorted(number for number in broken if number < before)
    return bad_rows(numbers, Reason.UNREADABLE_ROW, [broken.pop(number) for number in numbers])


def _header(path: Path, layout: Layout) -> list[str]:
    with path.open("rb") as file:
        line = file.readline().decode("utf-8-sig" if layout.encoding == "utf-8" else layout.encoding)
    names = next(csv.reader([line], delimiter=layout.delimiter), [])
    if not names or len(set(names)) < len(names):
        raise SourceError(f"'{path.name}' needs a header line of distinct column names; found {names}")
    return names
