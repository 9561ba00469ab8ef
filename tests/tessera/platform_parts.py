"""Small real servers for the tests of the platform."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tessera.platform import Component, PlatformPlan, Ports
from tessera.platform.components import HealthCheck

ANY_PORTS = Ports(0, 0, 0, 0, 0)

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(600)
    sys.exit()
time.sleep(600)
"""


def small_plan(home: Path, **changes: object) -> PlatformPlan:
    """A plan that starts nothing but the mailbox, on free ports."""
    fields: dict[str, object] = {"ports": ANY_PORTS, "only": ("mailbox",), "grace": 0.3}
    return PlatformPlan(home=home, dags=home / "dags", **(fields | changes))  # type: ignore[arg-type]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def web_page(port: int, **changes: object) -> Component:
    """Python's own web server as a component."""
    fields: dict[str, object] = {
        "name": "page",
        "argv": (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"),
        "health": HealthCheck(port, "/"),
        "start_timeout": 20.0,
    }
    return Component(**(fields | changes))  # type: ignore[arg-type]


def stubborn(pid_file: Path) -> Component:
    """Ignores SIGTERM, and hides a grandchild in a session of its own."""
    return Component("stubborn", (sys.executable, "-c", STUBBORN, str(pid_file)))


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether ``condition`` becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
