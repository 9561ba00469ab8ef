"""The servers as one context: ``with Platform(plan, progress) as platform: ...`` leaves no process behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from tessera.platform import environment
from tessera.platform.components import Component, components
from tessera.platform.credentials import Credentials, load_or_create, write_private
from tessera.platform.errors import ComponentFailedError, PlatformError
from tessera.platform.plan import PlatformPlan
from tessera.platform.ports import settle
from tessera.platform.processes import end_tree
from tessera.platform.watch import Watch

_LOG_TAIL_BYTES = 2000
_LAST_RESORT_SECONDS = 20.0


@dataclass(frozen=True)
class ComponentEvent:
    """A component changed its state.

    Args:
        component: its name.
        state: starting, healthy, unhealthy, restarting, done (a command that runs once) or failed.
        seconds: since it was started.
        detail: why, where there is something to say.
        pid: of its process, 0 when there is none.
    """

    component: str
    state: str
    seconds: float
    detail: str
    pid: int


Progress = Callable[[ComponentEvent], None]


class Platform:
    """The servers of a plan, started in the order of their dependencies and stopped together.

    The servers are children of a guardian process, which ends them all when this process ends, however it does.

    Args:
        plan: what to start and where.
        progress: called from a background thread on every change of state.
        extra: further components to start.
    """

    def __init__(
        self, plan: PlatformPlan, progress: Progress | None = None, *, extra: tuple[Component, ...] = ()
    ) -> None:
        self.plan = plan
        self.credentials: Credentials = load_or_create(plan.home)
        self._progress = progress or (lambda _event: None)
        self._extra = extra
        self._components: tuple[Component, ...] = ()
        self._guardian: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._changed = threading.Condition()
        self._states: dict[str, ComponentEvent] = {}
        self._peak = 0
        self._memory = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def peak_memory(self) -> int:
        """Most bytes (PSS) that this process and all servers together have held, sampled every two seconds."""
        return self._peak

    @property
    def memory(self) -> int:
        """Bytes (PSS) of this process and all servers together at the last sample."""
        return self._memory

    @property
    def states(self) -> dict[str, ComponentEvent]:
        """Last event of every component that has been started."""
        with self._changed:
            return dict(self._states)

    def address(self, name: str) -> str:
        """URL of ``airflow``, ``mlflow``, ``api``, ``mailbox`` or ``smtp`` with the port really used."""
        return self.plan.address(name)

    def start(self) -> None:
        """Check the ports, write the login, start the guardian; returns before the servers are healthy.

        Raises:
            PortTakenError: a port of the plan is in use.
        """
        wanted = _addresses(self._describe())
        self.plan = replace(self.plan, ports=settle(self.plan.ports, wanted, self.plan.bind))
        self._components = self._describe()
        self._prepare_folders()
        self._spawn()

    def wait_healthy(self, *names: str, timeout: float = 600.0) -> None:
        """Wait until the named components (all, when none is named) are healthy.

        Raises:
            ComponentFailedError: one failed for good, with the end of its log.
            PlatformError: not healthy in time.
        """
        waiting_for = names or tuple(component.name for component in self._components)
        deadline = time.monotonic() + timeout
        with self._changed:
            while pending := list(self._pending(waiting_for)):
                if not self._changed.wait(timeout=max(0.0, deadline - time.monotonic())):
                    raise PlatformError(f"not healthy within {timeout:.0f} s: {', '.join(pending)}")

    def stop(self) -> None:
        """End every process that was started; returns when none is left."""
        guardian, self._guardian = self._guardian, None
        if guardian is None or guardian.stdin is None:
            return
        guardian.stdin.close()
        try:
            guardian.wait(self.plan.grace + _LAST_RESORT_SECONDS)
        except subprocess.TimeoutExpired:
            end_tree(guardian.pid)
            guardian.wait()
        if self._reader is not None:
            self._reader.join()

    def _describe(self) -> tuple[Component, ...]:
        return (*components(self.plan, self.credentials), *self._extra)

    def _prepare_folders(self) -> None:
        for folder in (self.plan.airflow_home / "plugins", self.plan.mlflow_home, self.plan.logs, self.plan.mails):
            folder.mkdir(parents=True, exist_ok=True)
        passwords = self.plan.airflow_home / "passwords.json"
        write_private(passwords, json.dumps({self.credentials.username: self.credentials.password}) + "\n")

    def _spawn(self) -> None:
        watch = Watch(self._components, self.plan.logs, os.getpid(), self.plan.restarts, self.plan.grace)
        self._guardian = subprocess.Popen(
            (sys.executable, "-m", "tessera.platform.guardian"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.plan.logs / "guardian.log").open("ab"),
            env={**os.environ, **environment.QUIET},
            start_new_session=True,  # a Ctrl-C in the terminal reaches the caller only
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._guardian,), name="platform-events", daemon=True)
        self._reader.start()
        _write_line(self._guardian, watch.to_json())

    def _read(self, guardian: subprocess.Popen[str]) -> None:
        for line in guardian.stdout or ():
            self._note(json.loads(line))
        with self._changed:
            self._changed.notify_all()

    def _note(self, fields: dict[str, Any]) -> None:
        kind = fields.pop("event")
        if kind == "memory":
            self._memory, self._peak = fields["now"], fields["peak"]
        elif kind == "state":
            event = ComponentEvent(**fields)
            with self._changed:
                self._states[event.component] = event
                self._changed.notify_all()
            self._progress(event)

    def _pending(self, names: tuple[str, ...]) -> Iterator[str]:
        if self._guardian is None or self._guardian.poll() is not None:
            raise PlatformError(f"the platform is not running; see {self.plan.logs / 'guardian.log'}")
        for event in self._states.values():
            if event.state == "failed":
                raise ComponentFailedError(self._explain(event))
        for name in names:
            if name not in self._states or self._states[name].state not in ("healthy", "done"):
                yield name

    def _explain(self, event: ComponentEvent) -> str:
        log = self.plan.logs / f"{event.component}.log"
        end = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace") if log.exists() else ""
        return f"{event.component}: {event.detail}. The end of {log}:\n{end}"


def _addresses(parts: tuple[Component, ...]) -> tuple[str, ...]:
    return tuple(name for component in parts for name in component.addresses)


def _write_line(guardian: subprocess.Popen[str], line: str) -> None:
    if guardian.stdin is not None:
        guardian.stdin.write(line + "\n")
        guardian.stdin.flush()
