"""Users and items: as the source describes them, completed by those seen only in events."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from interactions.errors import SourceError
from interactions.mappings import Layout
from interactions.projection import Projection
from interactions.readers import read_raw
from warehouse.schemas import TABLES
from warehouse.store import Store

KEYS: Final = {"users": "user_id", "items": "item_id"}


def read_dimension(table: str, files: list[Path], layout: Layout, zone: str | None) -> pa.Table:
    """The rows of ``users`` or ``items`` in ``files``, one per id (the last one given wins).

    Raises:
        SourceError: a row that cannot be read or has no id: these tables are small enough to be put right at once.
    """
    projection = Projection(table, layout, zone)
    if layout.aggregate:
        batches = (batch for file in files for batch in read_raw(file, layout))
        parts = [projection.aggregate(batches, files[0].name)]
    else:
        parts = [
            _checked(projection.apply(batch, file.name), file) for file in files for batch in read_raw(file, layout)
        ]
    schema = TABLES[table].schema
    rows = pa.concat_tables([part.select(schema.names) for part in parts]) if parts else schema.empty_table()
    return _last_of_each(rows, KEYS[table])


def write_dimensions(store: Store, given: dict[str, pa.Table | None], seen: dict[str, pa.ChunkedArray]) -> None:
    """Write ``users`` and ``items``: what is given, over what was there, and every id ``seen`` in an event."""
    for table, key in KEYS.items():
        schema = TABLES[table].schema
        before = _under(store.read(table), schema) if store.exists(table) else schema.empty_table()
        known = _last_of_each(
            pa.concat_tables([before, given[table] if given[table] is not None else schema.empty_table()]), key
        )
        unknown = pc.invert(pc.is_in(seen[table], known[key].combine_chunks()))
        bare = pc.unique(seen[table].filter(unknown))
        columns = [bare if one.name == key else pa.nulls(len(bare), one.type) for one in schema]
        complete = pa.concat_tables([known, pa.table(columns, schema=schema)]).sort_by(key)
        if not store.exists(table) or not complete.equals(before.sort_by(key)):
            store.replace(table, complete)


def _checked(rows: pa.Table, file: Path) -> pa.Table:
    key = next(key for key in KEYS.values() if key in rows.column_names)
    wrong = rows.filter(pc.or_(pc.is_valid(rows["problem"]), pc.is_null(rows[key])))
    if len(wrong):
        first = wrong.slice(0, 1).to_pylist()[0]
        found = f"{first['problem']} in {first['problem_field']}" if first["problem"] else f"no {key}"
        raise SourceError(f"'{file.name}', line {first['line']}: {found} ({len(wrong)} such rows): correct the file")
    return rows


def _under(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows of a table that may have been written before the schema got its newest columns."""
    for column in schema:
        if column.name not in rows.column_names:
            rows = rows.append_column(column.name, pa.nulls(len(rows), column.type))
    return rows.select(schema.names).cast(schema)


def _last_of_each(rows: pa.Table, key: str) -> pa.Table:
    rows = rows.filter(pc.is_valid(rows[key]))
    numbered = rows.append_column("__n", pa.array(range(len(rows)), pa.int64()))
    last = numbered.group_by(key, use_threads=False).aggregate([("__n", "max")])
    return rows.take(last["__n_max"].combine_chunks().sort())
