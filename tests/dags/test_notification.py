"""Airflow's notifiers by setting alone, with a real web server at the other end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("dags")

LETTER = {
    "recipient": "notifier:hook",
    "subject": "Drift in “{{ 7 * 7 }}”",
    "text": "Please decide",
    "html": "<p>Please decide</p>",
    "severity": "warning",
    "timeout": 5.0,
    "path": "webhook.WebhookNotifier",
    "options": {"conn_id": "hook", "payload": {"text": "[{{ letter.severity }}] {{ letter.subject }}"}},
}


class Hook:
    """A web server that keeps what is posted to it and answers with ``status``."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.status = 200


@pytest.fixture
def hook(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    kept = Hook()

    class Posted(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posted.append((str(self.headers["Authorization"]), json.loads(body)))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Posted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/drift"
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "http", "host": address, "password": "s3cret"}))
    yield kept
    server.shutdown()


def send(letter: dict[str, Any]) -> None:
    import_module("notification").send(letter)


def test_a_webhook_gets_the_letter_as_its_setting_shapes_it(hook: Hook) -> None:
    send(LETTER)
    # what comes from data is no template: it stays as it is
    assert hook.posted == [("Bearer s3cret", {"text": "[warning] Drift in “{{ 7 * 7 }}”"})]


def test_a_webhook_that_fails_raises_so_that_the_letter_is_tried_again(hook: Hook) -> None:
    hook.status = 503
    with pytest.raises(Exception, match="503"):
        send(LETTER)


def test_a_notifier_that_is_not_installed_raises_and_says_which(airflow_home: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        send(LETTER | {"path": "nowhere.Notifier"})
