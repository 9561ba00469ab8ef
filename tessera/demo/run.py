"""`tessera demo`: start everything, run the loop through Airflow, show the table, stay up or check and leave."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tessera.demo.closing import Check, Evidence, closing_checks
from tessera.demo.loop import Loop, Say
from tessera.demo.stage import Stage, default_home, fresh_home, own, plan_of, simulated
from tessera.platform.airflow_client import AirflowClient
from tessera.platform.plan import LOOPBACK, PlatformPlan, Ports
from tessera.platform.ports import settle
from tessera.platform.supervisor import ComponentEvent, Platform
from tessera.settings import Settings, load
from tessera.status import registry_of, segment_statuses, status_table
from warehouse.store import Store

GIBIBYTE = 2**30
LOG_WIDTH = 180


def run_demo(
    data: Path | None = None,
    mapping: str | None = None,
    home: Path | None = None,
    once: bool = False,
    ports: Ports | None = None,
) -> int:
    """Run the main job.

    Args:
        data: a user's own events; ``None`` simulates a shop with a planted drift.
        mapping: how they are read: ``movielens``, ``online-retail``, ``complete-journey``, ``events`` or a file.
        home: folder to write to; emptied first if an earlier demo wrote it.
        once: check the closed loop and leave, instead of staying up until Ctrl-C.
        ports: of the servers; 0 lets the machine choose.

    Returns:
        The exit status: 0, or 1 when a check failed.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs are started with SIGINT ignored
        signal.signal(ending, signal.default_int_handler)
    show = Narrator()
    place = fresh_home(home or default_home(mapping if data else None))
    show.say("simulate a shop" if data is None else f"read {data}")
    stage = own(place, data, mapping or "events") if data else simulated(place)
    show.say(f"{stage.calendar.history.length + stage.calendar.daily.length} days of events; {place} takes the rest")
    plan = settled_plan(stage, ports or Ports())
    try:
        with Platform(plan, show.component) as platform:
            return _play(stage, platform, show, once)
    except KeyboardInterrupt:
        show.say("stopped: every process has ended")
        return 0 if show.closed else 130


class Narrator:
    """Prints what happens, each line with the time since the start."""

    def __init__(self) -> None:
        # a table in a log file needs room; in a terminal it takes what there is
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH)
        self.closed = False
        self._began = time.monotonic()
        self._turn = threading.Lock()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._began

    def say(self, line: str) -> None:
        """Print one line."""
        with self._turn:
            self.console.print(f"[dim]{self.seconds:6.1f} s[/dim]  {line}", soft_wrap=True)

    def component(self, event: ComponentEvent) -> None:
        """Print a server's change of state, when it is one that a person waits for."""
        if event.state in ("healthy", "done", "restarting", "failed"):
            self.say(f"[cyan]{event.component}[/cyan] {event.state} after {event.seconds:.0f} s {event.detail}")


def settled_plan(stage: Stage, ports: Ports) -> PlatformPlan:
    """The servers of ``stage``, whose settings name the ports really used.

    Raises:
        PortTakenError: a port is in use.
    """
    # the addresses go into every server's settings, so the ports are settled before
    fixed = settle(ports, tuple(ports.as_dict()), LOOPBACK)
    plan = plan_of(stage.home, fixed, {})
    return replace(plan, environment=stage.environment(plan))


def _settings(stage: Stage, plan: PlatformPlan) -> Settings:
    """The same settings as the tasks': through the environment, as they get them."""
    os.environ.update(stage.environment(plan))
    load.cache_clear()
    return load()


def play(stage: Stage, platform: Platform, say: Say) -> tuple[Evidence, list[Check]]:
    """Run the loop through Airflow once all servers are healthy, and check whether it has closed.

    Puts the stage's settings into this process' environment.

    Raises:
        TesseraError: a run failed; with the ends of its logs.
    """
    platform.wait_healthy()
    settings = _settings(stage, platform.plan)
    login = platform.credentials
    with AirflowClient(platform.address("airflow"), login.username, login.password) as client:
        loop = Loop(client, stage.calendar, say)
        loop.prepare()
        loop.learn()
        loop.replay()
    evidence = _evidence(stage, platform, settings)
    return evidence, list(closing_checks(evidence))


def _play(stage: Stage, platform: Platform, show: Narrator, once: bool) -> int:
    evidence, checks = play(stage, platform, show.say)
    show.closed = True
    _conclude(evidence, platform, show, checks)
    if not once:
        _stay(show)
    return 0 if all(check.held for check in checks) else 1


def _evidence(stage: Stage, platform: Platform, settings: Settings) -> Evidence:
    return Evidence(
        store=Store(settings.lake),
        settings=settings,
        registry=registry_of(settings),
        truth=stage.truth,
        mails=platform.plan.mails,
        api=platform.address("api"),
        end=stage.calendar.end,
    )


def _conclude(evidence: Evidence, platform: Platform, show: Narrator, checks: list[Check]) -> None:
    out = show.console
    rows = segment_statuses(evidence.store, evidence.registry)
    out.print(status_table(rows, f"Segments as of {evidence.end}"))
    for check in checks:
        mark = "[green]yes[/green]" if check.held else "[red]NO [/red]"
        out.print(f"{mark} {check.promise}: {escape(check.seen)}", soft_wrap=True)
    login = platform.credentials
    out.print(f"\nAirflow   {platform.address('airflow')}   login {login.username} / {login.password}")
    for name, title in (("mlflow", "MLflow"), ("api", "API"), ("mailbox", "Mailbox")):
        out.print(f"{title:<9} {platform.address(name)}")
    out.print(f"\n{show.seconds:.0f} s, peak memory of all processes {platform.peak_memory / GIBIBYTE:.2f} GiB")


def _stay(show: Narrator) -> None:
    show.say("everything stays up; Ctrl-C stops it")
    sys.stdout.flush()
    waiting: Callable[[], object] = threading.Event().wait
    waiting()
