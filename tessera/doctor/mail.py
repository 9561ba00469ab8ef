"""Whether letters reach their readers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tessera.doctor.finding import Finding

if TYPE_CHECKING:
    from tessera.settings import Settings

NAME = "outbox"
_RETRIED = 3


def outbox(settings: Settings) -> Iterator[Finding]:
    """Letters that did not arrive, or that a server keeps refusing."""
    from sqlalchemy.exc import SQLAlchemyError

    from tessera.post import open_outbox, outbox_file

    file = outbox_file(settings)
    if file is not None and not file.exists():
        yield Finding(NAME, "ok", "no letter yet")
        return
    try:
        opened = open_outbox(settings)
        lost, waiting = opened.kept(("bounced", "given_up")), opened.kept(("pending",))
    except SQLAlchemyError as error:
        yield Finding(NAME, "problem", str(error).splitlines()[0], "correct TESSERA_DELIVERY__OUTBOX_URL")
        return
    for recipient in sorted({letter.recipient for letter in lost}):
        mine = next(letter for letter in lost if letter.recipient == recipient)
        yield Finding(NAME, "warning", f"{recipient}: {mine.error}", "correct the address, then 'tessera outbox retry'")
    refused = [letter for letter in waiting if letter.tries >= _RETRIED]
    if refused:
        seen = f"{len(refused)} letters wait after {_RETRIED} tries or more: {refused[0].error}"
        yield Finding(
            NAME, "warning", seen, "look at Airflow's connection smtp_default; is the DAG deliver_mail paused?"
        )
    if not (lost or refused):
        yield Finding(NAME, "ok", f"{len(waiting)} letters wait, none was refused")
