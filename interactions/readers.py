"""One file, whatever its format, as raw batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from interactions.errors import SourceError
from interactions.mappings import Layout
from interactions.raw import NO_BAD, RawBatch
from interactions.raw_csv import read_csv
from interactions.raw_text import read_delimited, read_json_lines

_BATCH_ROWS: Final = 200_000


def read_raw(path: Path, layout: Layout) -> Iterator[RawBatch]:
    """The batches of one file, in order, each small enough to hold.

    Raises:
        SourceError: the file is not there, is not of its format, or has no columns.
    """
    try:
        yield from _reader(path, layout)(path, layout)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError, UnicodeDecodeError) as error:
        raise SourceError(f"'{path.name}' cannot be read as {path.suffix or 'text'}: {error}") from error


def _reader(path: Path, layout: Layout) -> Callable[[Path, Layout], Iterator[RawBatch]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _read_parquet
    if suffix in (".jsonl", ".ndjson"):
        return read_json_lines
    return read_delimited if len(layout.delimiter) > 1 else read_csv


def _read_parquet(path: Path, layout: Layout) -> Iterator[RawBatch]:
    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name not in layout.ignore]
        start = 1
        for batch in file.iter_batches(_BATCH_ROWS, columns=names):
            yield RawBatch(
                _plain(pa.Table.from_batches([batch])), pa.array(np.arange(start, start + len(batch))), NO_BAD
            )
            start += len(batch)


def _plain(rows: pa.Table) -> pa.Table:
    """Dictionaries as the values they stand for: to an expression they are text like any other."""
    fields = [one.with_type(one.type.value_type) if pa.types.is_dictionary(one.type) else one for one in rows.schema]
    return rows.cast(pa.schema(fields))
