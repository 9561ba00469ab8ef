"""The table of the outbox, in SQLAlchemy's words: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, Date, DateTime, Engine, Index, Integer, MetaData, String, Table, Text, TypeDecorator
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable


class _Moment(TypeDecorator[datetime]):
    """A moment, aware and in UTC: SQLite keeps no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


OUTBOX: Final = Table(
    "tessera_outbox",
    MetaData(),
    Column("key", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("finding", Text, nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("sender", String(320), nullable=False),
    Column("subject", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("message_id", String(80), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("state", String(16), nullable=False),
    # pending: not before; sending: when the lease of `holder` ends
    Column("due", _Moment, nullable=False),
    Column("holder", String(32), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("created", _Moment, nullable=False),
    Column("ended", _Moment),
)
_BY_DUE: Final = Index("tessera_outbox_by_due", OUTBOX.c.state, OUTBOX.c.due)


def create(engine: Engine) -> None:
    """Create the table where it is not there yet; several processes may do so at once."""
    try:
        _create(engine)
    except SQLAlchemyError:
        _create(engine)  # another process was creating it: now it is there


def _create(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(CreateTable(OUTBOX, if_not_exists=True))
        connection.execute(CreateIndex(_BY_DUE, if_not_exists=True))
