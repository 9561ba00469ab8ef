from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tessera.platform import Component, ComponentEvent, ComponentFailedError, Platform, PlatformError
from tests.tessera.platform_parts import eventually, free_port, small_plan, web_page

CALLER = """
import os, signal, sys, time
from pathlib import Path
# a test run in the background of a shell hands down an ignored Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
from tessera.platform import Platform
from tests.tessera.platform_parts import small_plan, stubborn
home = Path(sys.argv[1])
with Platform(small_plan(home), extra=(stubborn(home / "hidden.pid"),)) as platform:
    platform.wait_healthy("mailbox")
    if "fork" in sys.argv:
        heir = os.fork()
        if heir == 0:
            time.sleep(60)
            os._exit(0)
        print("heir", heir, flush=True)
    while not (home / "hidden.pid").exists():
        time.sleep(0.05)
    print("ready", flush=True)
    if "raise" in sys.argv:
        raise RuntimeError("the caller's own fault")
    time.sleep(600)
"""

WITH_ORPHAN = """
import subprocess, sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
open(sys.argv[2], "w").write(str(child.pid))
HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""


def caller(home: Path, *how: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", CALLER, str(home), *how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def family_when_ready(process: subprocess.Popen[str], home: Path) -> list[psutil.Process]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "ready":
            break
    hidden = psutil.Process(int((home / "hidden.pid").read_text()))
    family = psutil.Process(process.pid).children(recursive=True)
    assert hidden in family, "an orphan in a session of its own is adopted by the guardian"
    return family


def all_gone(family: list[psutil.Process]) -> bool:
    return not any(member.is_running() and member.status() != psutil.STATUS_ZOMBIE for member in family)


def test_servers_answer_inside_the_context_and_are_gone_after_it(tmp_path: Path) -> None:
    port, events = free_port(), []
    strangers = set(psutil.Process().children(recursive=True))  # of other tests in this process
    with Platform(small_plan(tmp_path), events.append, extra=(web_page(port),)) as platform:
        platform.wait_healthy(timeout=30)
        family = [one for one in psutil.Process().children(recursive=True) if one not in strangers]
        assert httpx.get(f"http://127.0.0.1:{port}/").is_success
        assert httpx.get(platform.address("mailbox")).is_success
        assert {event.state for event in platform.states.values()} == {"healthy"}
    assert all_gone(family)
    assert ComponentEvent("page", "starting", 0.0, "", events_pid(events, "page")) in events


def events_pid(events: list[ComponentEvent], component: str) -> int:
    return next(event.pid for event in events if event.component == component)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_caller_is_ended_by_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    process = caller(tmp_path)
    family = family_when_ready(process, tmp_path)
    process.send_signal(number)
    assert eventually(lambda: all_gone(family))
    process.wait(10)


def test_nothing_is_left_when_the_caller_raises(tmp_path: Path) -> None:
    process = caller(tmp_path, "raise")
    assert process.stderr is not None
    assert "the caller's own fault" in process.stderr.read()
    assert process.wait(20) == 1
    assert not psutil.pid_exists(int((tmp_path / "hidden.pid").read_text()))


def test_nothing_is_left_when_a_child_of_the_killed_caller_still_holds_the_pipe(tmp_path: Path) -> None:
    process = caller(tmp_path, "fork")
    assert process.stdout is not None
    heir = psutil.Process(int(process.stdout.readline().split()[1]))
    family = [member for member in family_when_ready(process, tmp_path) if member != heir]
    try:
        process.kill()
        process.wait(10)
        assert eventually(lambda: all_gone(family))
    finally:
        heir.kill()


def test_servers_end_when_the_guardian_itself_is_killed(tmp_path: Path) -> None:
    with Platform(small_plan(tmp_path)) as platform:
        platform.wait_healthy(timeout=30)
        mailbox = psutil.Process(platform.states["mailbox"].pid)
        mailbox.parent().kill()
        assert eventually(lambda: all_gone([mailbox]))
        with pytest.raises(PlatformError, match="not running"):
            platform.wait_healthy(timeout=5)


def test_a_dead_component_is_restarted_without_its_orphans(tmp_path: Path) -> None:
    port, pid_file = free_port(), tmp_path / "hidden.pid"
    page = web_page(port, argv=(sys.executable, "-c", WITH_ORPHAN, str(port), str(pid_file)))
    events: list[ComponentEvent] = []
    with Platform(small_plan(tmp_path), events.append, extra=(page,)) as platform:
        platform.wait_healthy(timeout=30)
        assert eventually(lambda: pid_file.exists() and pid_file.read_text() != "")
        first, orphan = platform.states["page"].pid, int(pid_file.read_text())
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: platform.states["page"].state == "healthy" and platform.states["page"].pid != first)
        assert not psutil.pid_exists(orphan)
        assert psutil.pid_exists(platform.states["mailbox"].pid)
    assert any(event.state == "restarting" and "signal 9" in event.detail for event in events)


def test_a_component_that_keeps_dying_fails_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = web_page(free_port(), argv=(sys.executable, "-c", "print('no licence found'); raise SystemExit(3)"))
    with Platform(small_plan(tmp_path, restarts=1), extra=(broken,)) as platform:
        with pytest.raises(ComponentFailedError, match=r"page: ended with exit code 3(.|\n)*no licence found"):
            platform.wait_healthy(timeout=30)
        assert platform.states["page"].state == "failed"


def test_a_component_that_never_answers_fails_at_its_timeout(tmp_path: Path) -> None:
    silent = web_page(free_port(), argv=(sys.executable, "-c", "import time; time.sleep(600)"), start_timeout=1.0)
    with (
        Platform(small_plan(tmp_path), extra=(silent,)) as platform,
        pytest.raises(ComponentFailedError, match="not healthy within 1 s"),
    ):
        platform.wait_healthy(timeout=30)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    absent = web_page(free_port(), argv=("/no/such/program",))
    with (
        Platform(small_plan(tmp_path), extra=(absent,)) as platform,
        pytest.raises(ComponentFailedError, match="/no/such/program"),
    ):
        platform.wait_healthy(timeout=30)


def test_a_component_starts_only_after_what_it_depends_on_is_done(tmp_path: Path) -> None:
    mark, port = tmp_path / "mark", free_port()
    once = Component("once", (sys.executable, "-c", f"import time; time.sleep(0.5); open({str(mark)!r}, 'w')"))
    needs = f"import os, sys; assert os.path.exists({str(mark)!r}); from http.server import *; "
    needs += f"HTTPServer(('127.0.0.1', {port}), SimpleHTTPRequestHandler).serve_forever()"
    page = web_page(port, argv=(sys.executable, "-c", needs), depends_on=("once",))
    with Platform(small_plan(tmp_path, restarts=0), extra=(page, once)) as platform:
        platform.wait_healthy(timeout=30)
        assert platform.states["once"].state == "done"


def test_peak_memory_counts_every_process_of_the_family(tmp_path: Path) -> None:
    eater = "x = bytearray(120_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(600)"
    own = psutil.Process()
    before = sum(one.memory_info().rss for one in (own, *own.children(recursive=True)))
    with Platform(small_plan(tmp_path), extra=(Component("eater", (sys.executable, "-c", eater)),)) as platform:
        platform.wait_healthy("mailbox", timeout=30)
        assert eventually(lambda: platform.memory > 120_000_000)
    assert 120_000_000 < platform.peak_memory < before + 1_000_000_000
