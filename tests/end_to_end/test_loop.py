"""The demo's loop on a small shop, with a real Airflow, MLflow, API and mail sink."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import psutil
import pytest

from interactions.simulation import Scenario
from tessera.demo.closing import Check, Evidence, drifted_segments, retrained_segments
from tessera.demo.run import play, settled_plan
from tessera.demo.stage import Stage, simulated
from tessera.platform import Platform, Ports
from tessera.platform.airflow_client import AirflowClient
from tessera.platform.airflow_records import DagRun
from tessera.settings import load
from tests.end_to_end.browser import Page, browser
from tests.end_to_end.segments_page import NOTE, log_in, retrain, serious_findings
from tests.tessera.platform_parts import eventually
from training.versions import CHAMPION, model_name
from warehouse.windows import Window

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("platform"), pytest.mark.timeout(900)]

NEEDED_BYTES = 3 * 2**30
FOLLOW_SECONDS = 5.0
INGESTED = ("deliveries", "interactions", "quarantine", "ingest_ledger", "users", "items", "user_daily", "item_daily")
SMALL = {
    "TESSERA_SEGMENTATION__MINIMUM_SIZE": "200",
    "TESSERA_SEGMENTATION__BOOTSTRAPS": "4",
    "TESSERA_TRAINING__PLACEBO": "false",
    "TESSERA_TRAINING__CONTROL": "false",
    "TESSERA_TRAINING__BACKTEST__GATE_WINDOWS": "2",
    "TESSERA_TRAINING__GATE__MINIMUM_WINDOWS": "2",
    "TESSERA_TRAINING__GATE__MINIMUM_USERS": "50",
    "TESSERA_TRAINING__SPINE__RANKER": '{"seeds": [1], "trees": 20, "users": 400}',
    "TESSERA_TRAINING__HEAD__TRIALS": "12",
    "TESSERA_DRIFT__REPLICATES": "40",
    # a killed scheduler's tasks are looked for every five minutes otherwise
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
}


@dataclass(frozen=True)
class Played:
    """The loop after its last day, with every server still up."""

    stage: Stage
    platform: Platform
    evidence: Evidence
    checks: list[Check]

    @property
    def client(self) -> AirflowClient:
        """Logged in to Airflow; a context."""
        login = self.platform.credentials
        return AirflowClient(self.platform.address("airflow"), login.username, login.password)


@pytest.fixture(scope="module", autouse=True)
def room(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips, and says why, where all servers and two tasks cannot live together."""
    free = psutil.virtual_memory().available
    if free < NEEDED_BYTES:
        pytest.skip(f"all servers need 3 GiB of memory; {free / 2**30:.1f} GiB are free")
    disk = shutil.disk_usage(tmp_path_factory.getbasetemp()).free
    if disk < NEEDED_BYTES:
        pytest.skip(f"the loop writes up to 1 GiB; {disk / 2**30:.1f} GiB are free")


@pytest.fixture(scope="module")
def own_environment() -> Iterator[None]:
    """The loop sets variables of this process, as the demo does; other tests see none of them."""
    kept = dict(os.environ)
    for name in [name for name in kept if name.startswith("TESSERA_")]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(kept)
    load.cache_clear()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, own_environment: None) -> Iterator[Played]:
    scenario = dataclasses.replace(Scenario.demo(), days=56, users=1500, items=400, events=90_000)
    stage = simulated(tmp_path_factory.mktemp("loop"), scenario)
    calendar = dataclasses.replace(stage.calendar, watched_runs=1)
    stage = dataclasses.replace(stage, calendar=calendar, settings=SMALL)
    # other modules' servers may live in this process too
    strangers = set(psutil.Process().children(recursive=True))
    with Platform(settled_plan(stage, Ports(0, 0, 0, 0, 0)), note) as platform:
        family = set(psutil.Process().children(recursive=True))
        evidence, checks = play(stage, platform, note)
        family |= set(psutil.Process().children(recursive=True))
        yield Played(stage, platform, evidence, checks)
        family |= set(psutil.Process().children(recursive=True))
    family -= strangers
    assert len(family) >= 8
    assert [member for member in family if alive(member)] == []


@pytest.fixture(scope="module")
def page(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of segments in a browser, after its person has logged in to Airflow."""
    login = played.platform.credentials
    with browser(tmp_path_factory.mktemp("browser")) as page:
        log_in(page, played.platform.address("airflow"), login.username, login.password)
        yield page


def alive(member: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    return False


def note(line: object) -> None:
    """Progress, which pytest shows when something fails."""
    print(f"{time.monotonic():8.1f} {line}")


def answer(played: Played, user: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(
        f"{played.evidence.api}/recommendations/{user}", params={"k": 10}, timeout=30.0, trust_env=False
    ).json()
    return found


def seconds_until(played: Played, user: str, model: str, version: str) -> float:
    """Seconds until the API answers ``user`` with that version; fails when it never does."""
    began = time.monotonic()
    while (answer(played, user).get("model"), str(answer(played, user).get("version"))) != (model, version):
        if time.monotonic() - began > 4 * FOLLOW_SECONDS:
            pytest.fail(f"wanted {model} v{version} for {user}; the API still answers {answer(played, user)}")
        time.sleep(0.1)
    return time.monotonic() - began


def states(client: AirflowClient, run: DagRun) -> dict[str, str]:
    return {task.task_id: task.state for task in client.task_instances(run.dag_id, run.run_id)}


def scheduler() -> psutil.Process:
    """Airflow's scheduler itself: its workers are younger."""
    family = [one for one in psutil.Process().children(recursive=True) if alive(one)]
    return min((one for one in family if runs_scheduler(one)), key=psutil.Process.create_time)


def runs_scheduler(one: psutil.Process) -> bool:
    with suppress(psutil.Error):  # a task that ends meanwhile
        return "airflow scheduler" in " ".join(one.cmdline())
    return False


def hashes(played: Played) -> dict[str, str]:
    store = played.evidence.store
    return {table: store.content_hash(table) for table in INGESTED if store.exists(table)}


def test_the_loop_closes(played: Played) -> None:
    open_ends = [f"{check.promise}: {check.seen}" for check in played.checks if not check.held]
    assert open_ends == []
    assert len(played.checks) == 5
    assert drifted_segments(played.evidence)


def test_exactly_one_mail_arrived_and_says_what_drifted(played: Played) -> None:
    [file] = played.evidence.mails.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.get_content_type() == "multipart/alternative"
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    for segment in drifted_segments(played.evidence):
        assert model_name(segment) in html.get_content()
    assert "monitor_segments" in text.get_content()
    assert str(mail["subject"]).strip()


def test_only_the_drifted_segment_was_retrained_by_a_run_that_says_why(played: Played) -> None:
    with played.client as client:
        first, *requested = client.runs("train_segments")
    [retraining] = [run for run in requested if run.conf.get("segments")]
    assert set(retraining.conf["segments"]) == retrained_segments(played.evidence)
    assert set(retraining.conf["drift"]["causes"]) == retrained_segments(played.evidence)
    assert retraining.conf["reason"].startswith(f"drift as of {played.stage.calendar.end}")
    assert retraining.run_id.startswith(f"drift__{played.stage.calendar.end}")
    assert (first.state, retraining.state) == ("success", "success")


def test_f26_a_scheduler_killed_while_the_day_is_monitored_again_leaves_one_mail_and_equal_rows(played: Played) -> None:
    day, store = Window.day(played.stage.calendar.end), played.evidence.store
    watched = ("drift_verdicts", "drift_measurements", "drift_actions")

    def told(client: AirflowClient) -> tuple[list[str], list[str], int]:
        mails = sorted(file.name for file in played.evidence.mails.glob("*.eml"))
        return [store.content_hash(table, day) for table in watched], mails, len(client.runs("train_segments"))

    with played.client as client:
        before = told(client)
        again = client.trigger("monitor_segments", conf={"as_of": str(day.start)})
        assert eventually(lambda: states(client, again).get("judge") == "running", 180.0), states(client, again)
        scheduler().kill()
        assert client.wait_for_run(again).state == "success"
        assert told(client) == before


def test_a_person_approves_a_promotion_and_a_no_promotes_nothing(played: Played) -> None:
    [segment] = drifted_segments(played.evidence)
    registry, name = played.evidence.registry, model_name(segment)
    champion, version = registry.champion(name), registry.versions(name)[-1].version
    held = champion.version if champion else None
    asked = {"segment": segment, "version": version, "expected": held, "as_of": str(played.stage.calendar.end)}
    for option, serves in (("Reject", held), ("Approve", version)):
        with played.client as client:
            run = client.trigger("approve_promotion", conf=asked)
            assert eventually(lambda: states(client, run).get("approve") == "awaiting_input", 120.0)  # noqa: B023
            time.sleep(
                5.0
            )  # an answer that comes before the executor has seen the task off is lost: Airflow asks again
            client.answer(client.task_instances(run.dag_id, run.run_id)[0], option)
            assert client.wait_for_run(run).state == "success"
        now = registry.champion(name)
        assert (now.version if now else None) == serves


def test_moving_the_champion_alias_moves_the_api_and_removing_it_lets_the_parent_serve(played: Played) -> None:
    from mlflow import MlflowClient

    parent = played.evidence.registry.champion("tessera-global")
    assert parent is not None
    [segment] = drifted_segments(played.evidence)
    name = model_name(segment)
    version = played.evidence.registry.versions(name)[-1]
    assert version.parent_version == parent.version
    rows = played.evidence.store.frame("recommendations", window=Window.day(played.stage.calendar.end))
    user = str(rows.loc[rows["segment_id"] == segment, "user_id"].min())
    client = MlflowClient(tracking_uri=played.platform.address("mlflow"))
    client.set_registered_model_alias(name, CHAMPION, version.version)
    assert seconds_until(played, user, name, version.version) <= FOLLOW_SECONDS
    assert len(answer(played, user)["items"]) == 10
    client.delete_registered_model_alias(name, CHAMPION)
    assert seconds_until(played, user, parent.name, parent.version) <= FOLLOW_SECONDS
    assert len(answer(played, user)["items"]) == 10


def test_ingest_backfilled_again_in_reverse_gives_equal_tables(played: Played) -> None:
    before = hashes(played)
    days = Window.trailing(played.stage.calendar.last.end, 4)
    with played.client as client:
        backfill = client.backfill(
            "ingest_interactions", days, reprocess="completed", max_active_runs=2, backwards=True
        )
        runs = client.wait_for_backfill(backfill)
        tasks = [task for run in runs for task in client.task_instances(run.dag_id, run.run_id)]
    assert [run.state for run in runs] == ["success"] * 4
    assert [task.try_number for task in tasks] == [2] * 4
    assert len(before) >= 7
    assert hashes(played) == before


def test_a_person_starts_a_retraining_from_the_page_of_segments(played: Played, page: Page) -> None:
    segments = page.run("[...page.querySelectorAll('tr[data-segment]')].map(row => row.dataset.segment)")
    quiet = min(set(segments) - drifted_segments(played.evidence))
    asked = retrain(page, quiet, "asked in a browser")
    with played.client as client:
        conf = client.run("train_segments", asked).conf
        assert (conf["segments"], conf["reason"]) == ([quiet], "asked in a browser")
        assert conf["as_of"] == str(played.stage.calendar.end)
        assert eventually(lambda: task_states(client, asked).get("plan") == "success", 120.0), "it never began"
    page.wait(f"{NOTE}.dataset.state === 'running'")


def test_the_page_is_readable_by_everybody_also_on_a_phone_and_in_the_dark(played: Played, page: Page) -> None:
    [segment] = drifted_segments(played.evidence)
    airflow = played.platform.address("airflow")
    for width, dark in ((1280, False), (390, True)):
        page.resize(width, 844)
        page.dark(dark)
        for path in ("/tessera/segments", f"/tessera/segments/{segment}"):
            assert serious_findings(page, airflow + path) == []
            assert page.run("page.documentElement.scrollWidth <= page.documentElement.clientWidth"), (
                "it scrolls sideways"
            )


def task_states(client: AirflowClient, run_id: str) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in client.task_instances("train_segments", run_id)}
