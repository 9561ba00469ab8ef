"""The process between the caller and the servers: ``python -m tessera.platform.guardian``.

It starts the components, watches them, restarts the dead, and ends *every* descendant when the pipe on its standard
input closes, which happens however the caller ends, SIGKILL included. On its standard output it writes one JSON
event a line.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from tessera.platform import processes
from tessera.platform.components import Component, HealthCheck
from tessera.platform.health import ask
from tessera.platform.watch import Watch

TICK_SECONDS = 0.2
STARTING_CHECK_SECONDS = 1.0
HEALTHY_CHECK_SECONDS = 10.0
MEMORY_SECONDS = 2.0
LIVING = ("starting", "healthy", "unhealthy")
READY = ("healthy", "done")


@dataclass
class _Running:
    component: Component
    state: str = "waiting"
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    next_check: float = 0.0
    start_at: float = 0.0
    deaths: int = 0
    detail: str = field(default="", repr=False)


class Guardian:
    """Runs the components of one watch until it is told to stop."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._running = {component.name: _Running(component) for component in watch.components}
        self._stopping = False
        self._next_memory = 0.0
        self._peak = 0

    def run(self) -> None:
        """Watch until the caller is gone or asks to stop; then end everything."""
        processes.adopt_orphans()
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to interpret
        try:
            while not self._told_to_stop():
                self._tick()
        finally:
            self._sample_memory()
            processes.end_descendants(self._watch.grace)
            self._tell(event="stopped")

    def _stop(self) -> None:
        self._stopping = True

    def _told_to_stop(self, wait: float = TICK_SECONDS) -> bool:
        readable, _, _ = select.select([sys.stdin], [], [], wait)
        gone = os.getppid() != self._watch.caller  # a child of the caller may hold the pipe open after its death
        self._stopping = self._stopping or bool(readable) or gone
        return self._stopping

    def _tick(self) -> None:
        self._note_deaths(processes.reap())
        for running in self._running.values():
            self._advance(running)
            if self._told_to_stop(wait=0.0):  # a hanging health check must not delay the end
                return
        if time.monotonic() >= self._next_memory:
            self._next_memory = time.monotonic() + MEMORY_SECONDS
            self._sample_memory()

    def _advance(self, running: _Running) -> None:
        if running.state == "waiting" and self._may_start(running):
            self._start(running)
        elif running.state in LIVING and running.component.health and time.monotonic() >= running.next_check:
            self._check(running, running.component.health)
        if running.state == "starting" and self._is_late(running):
            self._fail(running, f"not healthy within {running.component.start_timeout:.0f} s: {running.detail}")

    def _may_start(self, running: _Running) -> bool:
        ready = all(self._running[name].state in READY for name in running.component.depends_on)
        return ready and time.monotonic() >= running.start_at

    def _is_late(self, running: _Running) -> bool:
        return time.monotonic() - running.started > running.component.start_timeout

    def _start(self, running: _Running) -> None:
        component = running.component
        log = self._watch.logs / f"{component.name}.log"
        try:
            with log.open("ab") as output:
                running.process = _spawn(component, output)
        except OSError as error:
            self._fail(running, f"cannot run {component.argv[0]}: {error}")
            return
        running.started = running.next_check = time.monotonic()
        self._enter(running, "starting")

    def _check(self, running: _Running, health: HealthCheck) -> None:
        running.detail = ask(health)
        healthy = not running.detail
        running.next_check = time.monotonic() + (HEALTHY_CHECK_SECONDS if healthy else STARTING_CHECK_SECONDS)
        if healthy and running.state != "healthy":
            self._enter(running, "healthy")
        elif not healthy and running.state == "healthy":
            self._enter(running, "unhealthy", running.detail)

    def _note_deaths(self, ended: dict[int, int]) -> None:
        for running in self._running.values():
            process = running.process
            if process is not None and process.pid in ended:
                process.returncode = ended[process.pid]  # collected here, so Popen must not wait for it again
                self._died(running, process.returncode)

    def _died(self, running: _Running, code: int) -> None:
        running.process = None
        if running.component.health is None and code == 0:
            self._enter(running, "done")
            return
        self._end_adopted()
        running.deaths += 1
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        if running.deaths > self._watch.restarts or running.component.health is None:
            self._fail(running, f"ended with {how}")
            return
        running.start_at = time.monotonic() + 2.0 ** (running.deaths - 1)
        self._enter(running, "restarting", f"ended with {how}; restart {running.deaths} of {self._watch.restarts}")
        running.state = "waiting"

    def _end_adopted(self) -> None:
        """End what a dead component left: its workers would hold its port, or finish work twice."""
        own = {running.process.pid for running in self._running.values() if running.process}
        for child in processes.children():
            if child not in own:
                processes.end_tree(child)

    def _fail(self, running: _Running, detail: str) -> None:
        if running.process is not None:
            processes.end_tree(running.process.pid)
            running.process = None
        self._enter(running, "failed", detail)

    def _enter(self, running: _Running, state: str, detail: str = "") -> None:
        running.state = state
        seconds = round(time.monotonic() - running.started, 2) if running.started else 0.0
        pid = running.process.pid if running.process else 0
        self._tell(
            event="state", component=running.component.name, state=state, seconds=seconds, detail=detail, pid=pid
        )

    def _sample_memory(self) -> None:
        now = processes.family_memory(self._watch.caller)
        self._peak = max(self._peak, now)
        self._tell(event="memory", now=now, peak=self._peak)

    def _tell(self, **event: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # the caller is gone; the loop notices by itself
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()


def _spawn(component: Component, output: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        component.argv,
        env={**_inherited(), **component.environment, **component.secrets},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=processes.end_with_parent,  # noqa: PLW1509 - one thread only, so a fork here is safe
    )


def _inherited() -> dict[str, str]:
    # an Airflow of the caller's own (a shell, a test run) must not configure this one
    return {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}


if __name__ == "__main__":
    Guardian(Watch.from_json(sys.stdin.readline())).run()
