"""Real mail servers with real faults, and real databases."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from monitoring.outbox import Claim


class Sink:
    """A mail server that keeps what it answered 250 to.

    Attributes:
        mails: what was taken, in order.
        refused: address to the answer that its ``RCPT`` gets.
        slow: seconds before a text is answered.
        dropping: texts that are read and never answered, as by a server that dies.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        self.slow = 0.0
        self.dropping = 0
        self.begun = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        self.begun += 1
        if self.dropping > 0:
            self.dropping -= 1
            server.transport.abort()
            return "451 died"
        await asyncio.sleep(self.slow)
        if server.transport.is_closing():
            return "451 nobody listens"
        mail = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"

    @property
    def read(self) -> list[tuple[str, str]]:
        """Address and subject of every mail, sorted."""
        return sorted((str(mail["to"]), str(mail["subject"])) for mail in self.mails)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(sink: Sink, port: int) -> Iterator[None]:
    """The sink listens on ``port`` for as long."""
    from aiosmtpd.controller import Controller

    controller = Controller(sink, hostname="127.0.0.1", port=port, data_size_limit=1_000_000)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def smtp(port: int, timeout: float = 2.0) -> Any:
    """Sends a claim the way Airflow's connection does: by smtplib, one recipient a mail."""

    def send(claim: Claim) -> None:
        letter = claim.letter
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = letter.subject, letter.sender, letter.recipient
        message["Message-ID"] = claim.message_id
        message.set_content(letter.text)
        with smtplib.SMTP("127.0.0.1", port, timeout=timeout) as server:
            server.send_message(message)

    return send


@contextmanager
def postgres() -> Iterator[str | None]:
    """The address of a PostgreSQL of one's own; ``None`` where none is installed."""
    programs = [shutil.which(name) for name in ("initdb", "pg_ctl")]
    drop = _as_other_user()
    if not all(programs) or drop is None:
        yield None
        return
    # not in pytest's folders: they are closed to the other user
    with tempfile.TemporaryDirectory() as name:
        if drop:
            shutil.chown(name, "postgres")
        with _started(Path(name), [*drop, str(programs[0])], [*drop, str(programs[1])]) as address:
            yield address


@contextmanager
def _started(folder: Path, initdb: list[str], pg_ctl: list[str]) -> Iterator[str]:
    data, port = str(folder / "data"), free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    _run(*initdb, "-D", data, "-A", "trust", "-U", "tessera", "--no-sync")
    _run(*pg_ctl, "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg2://tessera@127.0.0.1:{port}/postgres"
    finally:
        _run(*pg_ctl, "-D", data, "-m", "immediate", "stop")


def _as_other_user() -> tuple[str, ...] | None:
    """PostgreSQL refuses to run as root; ``None``: there is nobody else."""
    if os.geteuid() != 0:
        return ()
    known = any(user.pw_name == "postgres" for user in pwd.getpwall())
    return ("runuser", "-u", "postgres", "--") if known and shutil.which("runuser") else None


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, cwd="/", timeout=60)
