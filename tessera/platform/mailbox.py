"""A mail sink for one machine: every mail becomes an ``.eml`` file, and a small read-only page shows them.

``python -m tessera.platform.mailbox --folder F --smtp-port 1025 --http-port 8025``
"""

from __future__ import annotations

import argparse
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_MAIL_BYTES = 10_000_000


class MailFolder:
    """The mails received, numbered in the order of arrival, also over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> list[str]:
        """Names of the mails, oldest first."""
        return sorted(path.stem for path in self._folder.glob("[0-9]*.eml"))

    def add(self, content: bytes) -> str:
        """Keep one mail; it is either there whole or not at all."""
        with self._lock:
            names = self.names()
            name = f"{int(names[-1]) + 1 if names else 1:06d}"
            aside = self._folder / f"{name}.new"
            aside.write_bytes(content)
            aside.replace(self._folder / f"{name}.eml")
        return name

    def read(self, name: str) -> bytes:
        """The mail called ``name``.

        Raises:
            KeyError: there is none; only names from :meth:`names` are ever opened.
        """
        if name not in self.names():
            raise KeyError(f"no mail called {name!r}")
        return (self._folder / f"{name}.eml").read_bytes()


@dataclass(frozen=True)
class _Sink:
    """What aiosmtpd calls with a received mail."""

    mails: MailFolder

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        name = self.mails.add(envelope.original_content or b"")
        return f"250 kept as {name}"


def serve(folder: Path, host: str, smtp_port: int, http_port: int) -> None:
    """Receive and show mails until SIGTERM or SIGINT."""
    from aiosmtpd.controller import Controller

    from tessera.platform.mail_page import page_server

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    mails = MailFolder(folder)
    receiver = Controller(_Sink(mails), hostname=host, port=smtp_port, data_size_limit=MAX_MAIL_BYTES)
    page = page_server(mails, host, http_port)
    receiver.start()
    threading.Thread(target=page.serve_forever, daemon=True).start()
    stop.wait()
    receiver.stop()
    page.shutdown()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    serve(given.folder, given.host, given.smtp_port, given.http_port)
