"""Asking a server whether it works."""

from __future__ import annotations

import json
import socket
import sys
import urllib.error
import urllib.request
from typing import Any

from tessera.platform.components import HealthCheck

TIMEOUT_SECONDS = 3.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the loopback is never behind a proxy


def ask(check: HealthCheck) -> str:
    """Empty when the server is healthy, else what is wrong."""
    try:
        return _ask_http(check) if check.path else _connect(check)
    except (OSError, ValueError, urllib.error.URLError) as error:
        return str(error) or type(error).__name__


def _connect(check: HealthCheck) -> str:
    with socket.create_connection((check.host, check.port), timeout=TIMEOUT_SECONDS):
        return ""


def _ask_http(check: HealthCheck) -> str:
    with _OPENER.open(check.url, timeout=TIMEOUT_SECONDS) as answer:
        return _member(json.loads(answer.read()), check.member) if check.member else ""


def _member(answer: dict[str, Any], member: str) -> str:
    status = (answer.get(member) or {}).get("status")
    return "" if status == "healthy" else f"{member} is {status or 'not reported'}"


if __name__ == "__main__":
    host, port, path, member = sys.argv[1:]
    sys.exit(ask(HealthCheck(int(port), path, member, host)) or 0)
