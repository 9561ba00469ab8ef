"""The monitoring DAG, run for real, with a real mail sink."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from monitoring.letter import Letter
from tessera import steps
from tessera.platform import Platform, environment
from tessera.post import open_outbox, wall_clock
from tessera.settings import load
from tests.dags.airflow_parts import Run, Runner, lake, runs_of
from tests.tessera.platform_parts import free_port, small_plan
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("dags")

LETTERS = [
    Letter(
        kind="alert",
        as_of=date(2026, 7, 6),
        finding="s1 behaviour",
        recipient=recipient,
        subject="Drift in 1 segment: Früh am Morgen",
        html="<p>Price <b>moved</b> by 0.4</p>",
        text="Price moved by 0.4",
        sender="tessera@example.org",
    )
    for recipient in ("oncall@example.org", "second@example.org")
]
CONNECTION = "AIRFLOW_CONN_SMTP_DEFAULT"


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the platform's mail sink, which Airflow's connection points to."""
    with Platform(small_plan(tmp_path_factory.mktemp("sink"))) as platform, pytest.MonkeyPatch.context() as patch:
        platform.wait_healthy(timeout=60)
        patch.setenv(CONNECTION, environment.airflow(platform.plan)[CONNECTION])
        yield platform.plan.mails


@pytest.fixture
def mails(sink: Path, runner: Runner) -> Path:
    """The sink and the outbox, both empty."""
    for old in (*sink.glob("*.eml"), *Path(load().home).glob("outbox.db*")):
        old.unlink()
    return sink


def received(mails: Path) -> list[EmailMessage]:
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(mails.glob("*.eml"))]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


@pytest.fixture
def drifted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Steps that found drift and have nothing to retrain with: only the mail is left."""
    finding: dict[str, Any] = {"verdicts": {"s1": "drift"}, "mix": "no_drift"}
    monkeypatch.setattr(steps, "monitor", lambda as_of, anew: finding)
    monkeypatch.setattr(steps, "retrainings", lambda as_of, run_id: [])
    monkeypatch.setattr(steps, "post_alerts", lambda as_of, run_id: posted(LETTERS))
    return finding


def posted(letters: list[Letter]) -> dict[str, Any]:
    """What the step does with letters, whoever wrote them."""
    return {"letters": len(letters), "new": open_outbox(load()).add(letters, wall_clock())}


def test_without_drift_nothing_is_retrained_and_no_mail_is_sent(
    runner: Runner, first_training: Run, mails: Path
) -> None:
    ended = runner.run("monitor_segments")
    verdicts = ended.results["judge"]["verdicts"]
    assert ended.state == "success"
    assert "no_drift" in verdicts.values()
    assert "drift" not in verdicts.values()
    assert (ended.states["retrain"], ended.states["mail"]) == ("skipped", "skipped")
    assert received(mails) == []


def test_judging_again_gives_equal_verdicts(runner: Runner, first_training: Run, mails: Path) -> None:
    day = Window.day(runner.window.end)
    runner.run("monitor_segments")
    before = [lake().content_hash(table, day) for table in ("drift_measurements", "drift_verdicts")]
    runner.run("monitor_segments", backfill=True)
    assert [lake().content_hash(table, day) for table in ("drift_measurements", "drift_verdicts")] == before


def test_drift_sends_each_reader_one_mail_with_html_and_text_however_often_it_runs(
    runner: Runner, mails: Path, drifted: dict[str, Any]
) -> None:
    ended = runner.run("monitor_segments")
    assert (ended.state, ended.states["mail"], ended.states["deliver"]) == ("success", "success", "success")
    assert ended.results["deliver"] == {"sent": 2, "bounced": 0, "postponed": 0, "given_up": 0}
    again = runner.run("monitor_segments")
    assert (again.results["mail"]["new"], again.results["deliver"]["sent"]) == (0, 0)
    assert {mail["to"] for mail in received(mails)} == {letter.recipient for letter in LETTERS}
    mail = received(mails)[0]
    [letter] = [one for one in LETTERS if one.recipient == mail["to"]]
    assert (mail["subject"], mail["from"], mail["message-id"]) == (letter.subject, letter.sender, letter.message_id)
    assert (mail["auto-submitted"], bool(mail["date"])) == ("auto-generated", True)
    parts = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    assert {kind: part and part.get_content().strip() for kind, part in parts.items()} == {
        "plain": letter.text,
        "html": letter.html,
    }


def test_f26_a_mail_server_that_is_down_fails_no_run_and_the_mails_go_out_once_it_is_back(
    runner: Runner, mails: Path, drifted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSERA_DELIVERY__RETRY", "0.001")
    load.cache_clear()
    with pytest.MonkeyPatch.context() as down:
        nobody = {"conn_type": "smtp", "host": "127.0.0.1", "port": free_port(), "extra": {"disable_ssl": True}}
        down.setenv(CONNECTION, json.dumps(nobody))
        ended = runner.run("monitor_segments")
    assert (ended.state, ended.results["deliver"]["postponed"], received(mails)) == ("success", 2, [])
    assert runner.run("deliver_mail").results["deliver"]["sent"] == 2
    assert runner.run("deliver_mail").results["deliver"]["sent"] == 0
    assert len(received(mails)) == 2
    load.cache_clear()


def test_a_run_without_anything_to_say_sends_no_mail(
    runner: Runner, mails: Path, drifted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "post_alerts", lambda as_of, run_id: posted([]))
    ended = runner.run("monitor_segments")
    assert (ended.state, ended.states["mail"], received(mails)) == ("success", "skipped", [])


def test_a_backfill_retrains_nothing_and_sends_no_mail(
    runner: Runner, mails: Path, drifted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"segments": ["s1"], "as_of": runner.end, "reason": "drift"}
    monkeypatch.setattr(steps, "retrainings", lambda as_of, run_id: [{"trigger_run_id": "drift__1", "conf": asked}])
    before = runs_of("train_segments")
    ended = runner.run("monitor_segments", backfill=True)
    assert (ended.states["judge"], ended.states["retrain"], ended.states["mail"]) == ("success", "skipped", "skipped")
    assert received(mails) == []
    assert runs_of("train_segments") == before


def test_a_run_that_could_not_judge_fails_and_sends_no_mail(
    runner: Runner, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(as_of: str, anew: bool) -> dict[str, Any]:
        raise RuntimeError("the lake is unreadable")

    monkeypatch.setattr(steps, "monitor", unreadable)
    ended = runner.run("monitor_segments")
    assert ended.states["judge"] == "failed"
    assert received(mails) == []
    assert ended.state == "failed"
