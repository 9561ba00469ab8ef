"""The monitoring DAG, run for real, with a real mail sink."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tessera import steps
from tessera.platform import Platform, environment
from tests.dags.airflow_parts import Run, Runner, lake, runs_of
from tests.tessera.platform_parts import small_plan
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("dags")

LETTER = {
    "to": ["oncall@example.org", "second@example.org"],
    "sender": "tessera@example.org",
    "subject": "Drift in 1 segment: Früh am Morgen",
    "html": "<p>Price <b>moved</b> by 0.4</p>",
    "text": "Price moved by 0.4",
    "message_id": "<drift-1@tessera>",
}


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the platform's mail sink, which Airflow's connection points to."""
    with Platform(small_plan(tmp_path_factory.mktemp("sink"))) as platform, pytest.MonkeyPatch.context() as patch:
        platform.wait_healthy(timeout=60)
        connection = "AIRFLOW_CONN_SMTP_DEFAULT"
        patch.setenv(connection, environment.airflow(platform.plan)[connection])
        yield platform.plan.mails


@pytest.fixture
def mails(sink: Path) -> Path:
    for old in sink.glob("*.eml"):
        old.unlink()
    return sink


def received(mails: Path) -> list[EmailMessage]:
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(mails.glob("*.eml"))]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


@pytest.fixture
def drifted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two steps that found drift and have nothing to retrain with: only the mail is left."""
    finding: dict[str, Any] = {"verdicts": {"s1": "drift"}, "mix": "no_drift", "retrain": {}}
    monkeypatch.setattr(steps, "monitor", lambda as_of: finding)
    monkeypatch.setattr(steps, "drift_mail", lambda as_of, run_id: LETTER)
    return finding


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


def test_drift_sends_one_mail_with_html_and_text(runner: Runner, mails: Path, drifted: dict[str, Any]) -> None:
    ended = runner.run("monitor_segments")
    assert (ended.state, ended.states["mail"]) == ("success", "success")
    [mail] = received(mails)
    assert (mail["subject"], mail["from"], mail["to"]) == (LETTER["subject"], LETTER["sender"], ", ".join(LETTER["to"]))
    assert mail["message-id"] == LETTER["message_id"]
    assert mail["date"]
    parts = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    assert {kind: part and part.get_content().strip() for kind, part in parts.items()} == {
        "plain": LETTER["text"],
        "html": LETTER["html"],
    }


def test_a_run_without_anything_to_say_sends_no_mail(
    runner: Runner, mails: Path, drifted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "drift_mail", lambda as_of, run_id: None)
    ended = runner.run("monitor_segments")
    assert (ended.state, ended.states["mail"], received(mails)) == ("success", "skipped", [])


def test_a_backfill_retrains_nothing_and_sends_no_mail(runner: Runner, mails: Path, drifted: dict[str, Any]) -> None:
    drifted["retrain"] = {"segments": ["s1"], "as_of": runner.end, "reason": "drift"}
    before = runs_of("train_segments")
    ended = runner.run("monitor_segments", backfill=True)
    assert (ended.states["judge"], ended.states["retrain"], ended.states["mail"]) == ("success", "skipped", "skipped")
    assert received(mails) == []
    assert runs_of("train_segments") == before


def test_a_run_that_could_not_judge_fails_and_sends_no_mail(
    runner: Runner, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(as_of: str) -> dict[str, Any]:
        raise RuntimeError("the lake is unreadable")

    monkeypatch.setattr(steps, "monitor", unreadable)
    ended = runner.run("monitor_segments")
    assert ended.states["judge"] == "failed"
    assert received(mails) == []
    assert ended.state == "failed"
