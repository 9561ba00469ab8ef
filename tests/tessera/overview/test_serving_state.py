"""Who serves, asked of a server that speaks as MLflow does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tessera.overview.serving_state import RegistryWatch

ANSWER = {
    "registered_models": [
        {"name": "tessera-global", "aliases": [{"alias": "champion", "version": "7"}]},
        {"name": "tessera-s1", "aliases": [{"alias": "challenger", "version": "3"}]},
    ]
}


class Registry(HTTPServer):
    """Answers with ``ANSWER``, or with ``status``; counts."""

    status, asked = 200, 0


class Answering(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(ANSWER).encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def address(registry: Registry) -> str:
    return f"http://127.0.0.1:{registry.server_port}"


def test_champions_are_known_by_segment(registry: Registry) -> None:
    state = RegistryWatch(address(registry)).state()
    assert (state.known, state.parent, state.champion("s1"), state.champion("s2")) == (True, "7", "", "")


def test_it_is_asked_once_in_a_while_and_not_for_every_page(registry: Registry) -> None:
    often, always = RegistryWatch(address(registry), every=60.0), RegistryWatch(address(registry), every=0.0)
    for _ in range(3):
        often.state()
    assert registry.asked == 1
    for _ in range(3):
        always.state()
    assert registry.asked == 4


def test_a_registry_in_trouble_is_said_and_left_alone_for_longer(registry: Registry) -> None:
    registry.status = 500
    watch = RegistryWatch(address(registry), every=0.0, quiet=60.0)
    state = watch.state()
    assert not state.known
    assert "500" in state.trouble
    watch.state()
    assert registry.asked == 1


def test_an_address_that_is_no_server_is_said() -> None:
    assert "no server" in RegistryWatch("sqlite:///mlflow.db").state().trouble
