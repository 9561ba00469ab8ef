"""Raw rows under our columns: one SQL projection per layout, typed, with the fields that could not be converted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from interactions.errors import SchemaChangeError
from interactions.mappings import Layout
from interactions.mappings.mapping import TARGETS
from interactions.raw import RawBatch
from interactions.raw_text import locked_duckdb, quoted, text_literal
from interactions.schema import Reason
from warehouse.schemas import TABLES, UTC_MICROS

PROBLEM_FIELDS: Final = {"problem": pa.string(), "problem_field": pa.string(), "raw": pa.string()}
_OPEN_COLUMN: Final = {"events": "context", "users": "attributes"}
_MICROS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
# a clock time with an offset: a bare date also ends in something like -01
_ZONED: Final = r"\d{1,2}:\d{2}.*(Z|z|[+-]\d{2}(:?\d{2})?)$"
_NUMBERS: Final = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)


@dataclass(frozen=True)
class Projection:
    """How the files of one layout become rows of ``table`` (``events``, ``users`` or ``items``).

    Args:
        zone: of timestamps without one; None leaves them without a timestamp and names the problem.
    """

    table: str
    layout: Layout
    zone: str | None

    def apply(self, batch: RawBatch, name: str) -> pa.Table:
        """The rows of a batch of the file ``name``: our columns, ``line``, ``problem``, ``problem_field`` and ``raw``.

        Raises:
            SchemaChangeError: a column that the mapping needs is missing or has a type that cannot be converted.
        """
        parts = [_unreadable(self.table, batch.bad)]
        if batch.rows.num_rows:
            parts.append(self._readable(batch, name))
        return pa.concat_tables(parts)

    def aggregate(self, batches: Iterable[RawBatch], name: str) -> pa.Table:
        """One row per first column, its expressions being aggregates over all rows."""
        rows = pa.concat_tables([batch.rows for batch in batches])
        return self._readable(RawBatch(rows, pa.nulls(len(rows), pa.int64()), rows), name)

    def _readable(self, batch: RawBatch, name: str) -> pa.Table:
        engine = locked_duckdb()
        line = pa.chunked_array([batch.lines])
        engine.register("raw", batch.rows if self.layout.aggregate else batch.rows.append_column("__line", line))
        inner = self._inner(batch.rows.column_names)
        try:
            types = {row[0]: str(row[1]) for row in engine.execute(f"DESCRIBE {inner}").fetchall()}
            columns, problems = self._outer(types, name)
            rows = engine.sql(f"SELECT {columns}, {problems} FROM ({inner})").to_arrow_table()
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise self._change(name, str(error).splitlines()[0], batch.rows.column_names) from error
        return self._zoned(rows).select(_schema(self.table).names).cast(_schema(self.table))

    def _inner(self, names: list[str]) -> str:
        """The mapping's own expressions, with columns that it does not know gathered as JSON."""
        chosen = {
            target: expression
            for target, expression in self.layout.columns.items()
            if target not in self.layout.optional or expression in names or not expression.isidentifier()
        }
        chosen = {target: quoted(one) if one in names else one for target, one in chosen.items()}
        self._gather(chosen, names)
        columns = ", ".join(f"{expression} AS {quoted('_' + target)}" for target, expression in chosen.items())
        line = "NULL::BIGINT" if self.layout.aggregate else "__line"
        where = f" WHERE {self.layout.where}" if self.layout.where else ""
        group = " GROUP BY 1" if self.layout.aggregate else ""
        # the group is the mapping's first column, so it comes before the line
        return f"SELECT {columns}, {line} AS line FROM raw{where}{group}"

    def _gather(self, chosen: dict[str, str], names: list[str]) -> None:
        column = _OPEN_COLUMN.get(self.table)
        spoken = " ".join([*self.layout.columns.values(), self.layout.where or ""])
        extra = sorted(
            n for n in names if n not in self.layout.ignore and not re.search(rf"\b{re.escape(n)}\b", spoken)
        )
        if column is None or not extra or self.layout.aggregate:
            return
        pairs = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in extra)
        gathered = f"to_json(struct_pack({pairs}))"
        if column in chosen:
            gathered = f"json_merge_patch(coalesce(try_cast({chosen[column]} AS JSON), '{{}}'::JSON), {gathered})"
        chosen[column] = gathered

    def _outer(self, types: dict[str, str], name: str) -> tuple[str, str]:
        columns, checks = ["line"], []
        for target in TARGETS[self.table]:
            kind = types.get("_" + target)
            columns += self._column(target, kind, name)
            if kind == "VARCHAR" and not pa.types.is_string(_type(self.table, target)):
                instant = pa.types.is_timestamp(_type(self.table, target))
                reason = Reason.BAD_TIMESTAMP if instant else Reason.NOT_A_NUMBER
                checks.append((f'"_{target}" IS NOT NULL AND {quoted(target)} IS NULL', reason, target))
        reasons = "".join(f"WHEN {test} THEN {text_literal(reason.value)} " for test, reason, _ in checks)
        fields = "".join(f"WHEN {test} THEN {text_literal(target)} " for test, _, target in checks)
        problem, problem_field = (f"CASE {one}END" if one else "NULL::VARCHAR" for one in (reasons, fields))
        return ", ".join(columns), f"{problem} AS problem, {problem_field} AS problem_field, NULL::VARCHAR AS raw"

    def _column(self, target: str, kind: str | None, name: str) -> list[str]:
        wanted, source = _type(self.table, target), f'"_{target}"'
        if pa.types.is_timestamp(wanted):
            micros, naive = self._instant(source, kind, name, target)
            return [f"{micros} AS {quoted(target)}", f"{naive} AS {quoted('naive_' + target)}"]
        convert = _converter(wanted)
        expression = "NULL" if kind is None else convert(source, kind)
        if expression is None:
            raise self._retyped(name, target, kind)
        return [f"{expression} AS {quoted(target)}"]

    def _instant(self, source: str, kind: str | None, name: str, target: str) -> tuple[str, str]:
        """Microseconds since 1970 and whether they still lack a zone."""
        if kind is None or kind == '"NULL"':
            return "NULL::BIGINT", "false"
        if self.layout.epoch and (kind == "VARCHAR" or kind in _NUMBERS):
            return f"try_cast({source} AS BIGINT) * {_MICROS[self.layout.epoch]}", "false"
        if kind == "VARCHAR":
            zoned = f"regexp_matches({source}, {text_literal(_ZONED)})"
            offset, local = (f"epoch_us(try_cast({source} AS {kind}))" for kind in ("TIMESTAMPTZ", "TIMESTAMP"))
            micros = f"CASE WHEN {zoned} THEN {offset} ELSE {local} END"
            return micros, f"coalesce(NOT {zoned}, false)"
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"epoch_us({source})", "false"
        if kind.startswith("TIMESTAMP") or kind == "DATE":
            return f"epoch_us({source})", f"{source} IS NOT NULL"
        raise self._retyped(name, target, kind)

    def _zoned(self, rows: pa.Table) -> pa.Table:
        for target in TARGETS[self.table]:
            if f"naive_{target}" in rows.column_names:
                rows = _place(rows, target, self.zone)
        return rows

    def _retyped(self, name: str, target: str, kind: str | None) -> SchemaChangeError:
        return SchemaChangeError(
            f"'{name}': {target} (mapped from {self.layout.columns.get(target)}) has type {kind}, which cannot become "
            f"{_type(self.table, target)}: deliver the former type or change the mapping"
        )

    def _change(self, name: str, found: str, names: list[str]) -> SchemaChangeError:
        return SchemaChangeError(
            f"'{name}' does not have the columns that the mapping of its {self.table} needs: {found}; "
            f"it has {sorted(names)}: deliver the missing column or change the mapping"
        )


def _place(rows: pa.Table, target: str, zone: str | None) -> pa.Table:
    """Microseconds to instants in UTC; those without a zone take ``zone``, or become a problem."""
    stamps = rows[target].cast(pa.timestamp("us"))
    naive = pc.and_(rows[f"naive_{target}"], pc.is_valid(stamps))
    instants = stamps.cast(UTC_MICROS)
    if pc.any(naive).as_py():
        if zone is None:
            rows = _mark(rows, naive, Reason.NO_TIMEZONE, target)
        else:
            # a clock hour that comes twice is taken as its first, one that is skipped as the instant after
            local = pc.assume_timezone(stamps, zone, ambiguous="earliest", nonexistent="latest").cast(UTC_MICROS)
            instants = pc.if_else(naive, local, instants)
    return rows.set_column(rows.column_names.index(target), target, instants)


def _mark(rows: pa.Table, mask: pa.ChunkedArray, reason: Reason, field: str) -> pa.Table:
    for column, value in (("problem", reason.value), ("problem_field", field)):
        marked = pc.if_else(pc.and_(mask, pc.is_null(rows[column])), pa.scalar(value), rows[column])
        rows = rows.set_column(rows.column_names.index(column), column, marked)
    return rows


def _converter(wanted: pa.DataType) -> Callable[[str, str], str | None]:
    if pa.types.is_list(wanted):
        return _vector
    return _number if pa.types.is_floating(wanted) else _text


def _text(source: str, kind: str) -> str | None:
    # a number that became a float would turn the id 17 into 17.0 and so into somebody else
    if kind in ("FLOAT", "DOUBLE") or kind.endswith("[]") or kind.startswith(("STRUCT", "MAP", "TIMESTAMP", "BLOB")):
        return None
    return f"nullif({source}::VARCHAR, '')"


def _number(source: str, kind: str) -> str | None:
    if kind == "VARCHAR":
        return f"try_cast({source} AS DOUBLE)"
    if kind == "FLOAT":
        return f"{source}::VARCHAR::DOUBLE"  # 15.3 stays 15.3 and does not become 15.300000190734863
    known = kind in (*_NUMBERS, "DOUBLE", '"NULL"') or kind.startswith("DECIMAL")
    return f"{source}::DOUBLE" if known else None


def _vector(source: str, kind: str) -> str | None:
    if kind in ("VARCHAR", "JSON", '"NULL"'):
        return f"try_cast({source} AS FLOAT[])"  # "[0.1, 0.2]", as JSON writes it
    element = re.fullmatch(r"(\w+)(\(.+\))?\[\d*\]", kind)
    known = element is not None and element[1] in (*_NUMBERS, "FLOAT", "DOUBLE", "DECIMAL")
    return f"{source}::FLOAT[]" if known else None


def _type(table: str, target: str) -> pa.DataType:
    return TABLES["interactions" if table == "events" else table].schema.field(target).type


def _schema(table: str) -> pa.Schema:
    fields = {"line": pa.int64(), **{target: _type(table, target) for target in TARGETS[table]}, **PROBLEM_FIELDS}
    return pa.schema(list(fields.items()))


def _unreadable(table: str, bad: pa.Table) -> pa.Table:
    schema = _schema(table)
    given = {"line": bad["line"], "problem": bad["reason"], "raw": bad["raw"]}
    return pa.table([given.get(one.name, pa.nulls(len(bad), one.type)) for one in schema], schema=schema)
