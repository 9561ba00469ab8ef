"""The outbox: every letter is written down once, and leaves it once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import and_, create_engine, event, func, insert, or_, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from monitoring.letter import Kind, Letter
from monitoring.outbox_table import OUTBOX, create

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine

State = Literal["pending", "sending", "sent", "bounced", "given_up"]

OPEN: Final = ("pending", "sending")
_BUSY_SECONDS: Final = 30
_ERROR_LENGTH: Final = 500


@dataclass(frozen=True)
class Claim:
    """A letter that is this process' to deliver until ``until``; ``tries`` counts this try."""

    letter: Letter
    message_id: str
    holder: str
    tries: int
    created: datetime
    until: datetime


@dataclass(frozen=True)
class Kept:
    """What a person sees of a letter: everything but its text."""

    key: str
    kind: str
    as_of: str
    recipient: str
    subject: str
    severity: str
    state: State
    due: datetime
    tries: int
    error: str
    created: datetime
    ended: datetime | None
    run_id: str


class Outbox:
    """Letters and what became of them, in one SQL table.

    A letter is claimed by compare-and-swap and held by a lease: of any number of deliverers one gets it, and one that
    died loses it when the lease ends. Only its holder may say what became of it. Every moment is the caller's.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        create(self._engine)

    def add(self, letters: Iterable[Letter], now: datetime, due: datetime | None = None) -> int:
        """Write down the letters that are not there yet, to be delivered from ``due`` on; how many were new."""
        return sum(self._add(letter, now, due or now) for letter in letters)

    def claim(self, now: datetime, lease: timedelta, due_by: datetime | None = None) -> Claim | None:
        """The letter that has waited longest, held until ``now + lease``; ``None``: nothing was due by ``due_by``."""
        due_by = due_by or now
        while (found := self._next(due_by)) is not None:
            holder = secrets.token_hex(16)
            mine = {"state": "sending", "holder": holder, "tries": found.tries + 1, "due": now + lease}
            # whoever changed the row since it was read also changed its count of tries
            if self._change(and_(OUTBOX.c.key == found.key, OUTBOX.c.tries == found.tries, _due(due_by)), mine):
                return _claimed(found, holder, now + lease)
        return None

    def sent(self, claim: Claim, now: datetime) -> bool:
        """The letter was taken; False: the lease had ended and somebody else holds it."""
        return self._settle(claim, {"state": "sent", "ended": now, "error": ""})

    def bounced(self, claim: Claim, now: datetime, error: str) -> bool:
        """The letter will never be taken."""
        return self._settle(claim, {"state": "bounced", "ended": now, "error": error[:_ERROR_LENGTH]})

    def postponed(self, claim: Claim, due: datetime, error: str) -> bool:
        """The letter was not taken this time."""
        return self._settle(claim, {"state": "pending", "due": due, "error": error[:_ERROR_LENGTH]})

    def given_up(self, claim: Claim, now: datetime, error: str) -> bool:
        """The letter was tried for long enough."""
        return self._settle(claim, {"state": "given_up", "ended": now, "error": error[:_ERROR_LENGTH]})

    def retry(self, key: str, now: datetime) -> bool:
        """Put a bounced or given-up letter (its key or the beginning of it) back among the pending ones."""
        ended = and_(OUTBOX.c.key.startswith(key, autoescape=True), OUTBOX.c.state.in_(("bounced", "given_up")))
        return self._change(ended, {"state": "pending", "due": now, "created": now, "ended": None})

    def kept(self, states: Sequence[str] = (), most: int = 200) -> list[Kept]:
        """Letters in these states (none: all), the newest first."""
        asked = select(*(OUTBOX.c[field.name] for field in fields(Kept)))
        if states:
            asked = asked.where(OUTBOX.c.state.in_(states))
        with self._engine.connect() as connection:
            rows = connection.execute(asked.order_by(OUTBOX.c.created.desc(), OUTBOX.c.key).limit(most))
            return [Kept(**(dict(row._mapping) | {"as_of": row.as_of.isoformat()})) for row in rows]

    def told(self, kind: Kind, first: date, before: date) -> set[tuple[date, str]]:
        """Day and finding of every letter of that kind about the days ``[first, before)``."""
        about = and_(OUTBOX.c.kind == kind, OUTBOX.c.as_of >= first, OUTBOX.c.as_of < before)
        with self._engine.connect() as connection:
            rows = connection.execute(select(OUTBOX.c.as_of, OUTBOX.c.finding).where(about).distinct())
            return {(day, str(finding)) for day, finding in rows}

    def counts(self) -> dict[str, int]:
        """How many letters are in each state."""
        asked = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
        with self._engine.connect() as connection:
            return {str(state): int(number) for state, number in connection.execute(asked)}

    def _add(self, letter: Letter, now: datetime, due: datetime) -> bool:
        written = {field.name: getattr(letter, field.name) for field in fields(Letter)}
        written |= {"key": letter.key, "message_id": letter.message_id, "state": "pending", "due": due, "holder": ""}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(OUTBOX).values(**written, tries=0, error="", created=now))
        except IntegrityError:
            return False  # it is there: the same finding was written about before
        return True

    def _next(self, now: datetime) -> Any:
        asked = select(OUTBOX).where(_due(now)).order_by(OUTBOX.c.due, OUTBOX.c.key).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(asked).first()

    def _settle(self, claim: Claim, change: dict[str, Any]) -> bool:
        mine = and_(OUTBOX.c.key == claim.letter.key, OUTBOX.c.holder == claim.holder, OUTBOX.c.state == "sending")
        return self._change(mine, change)

    def _change(self, which: ColumnElement[bool], change: dict[str, Any]) -> bool:
        with self._engine.begin() as connection:
            return bool(connection.execute(update(OUTBOX).where(which).values(**change)).rowcount)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(or_(*(OUTBOX.c.state == state for state in OPEN)), OUTBOX.c.due <= now)


def _claimed(row: Any, holder: str, until: datetime) -> Claim:
    letter = Letter(**{field.name: getattr(row, field.name) for field in fields(Letter)})
    return Claim(letter, row.message_id, holder, row.tries + 1, row.created, until)


def _engine(url: str) -> Engine:
    from sqlalchemy.pool import NullPool

    sqlite = make_url(url).get_backend_name() == "sqlite"
    # a connection a transaction: deliveries are rare, and forks must not share one
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS} if sqlite else {})
    if sqlite:
        event.listen(engine, "connect", _wait_on_disk)
    return engine


def _wait_on_disk(connection: Any, _record: object) -> None:
    # what was settled stays settled, also when the machine loses its power
    connection.execute("PRAGMA synchronous=FULL")
