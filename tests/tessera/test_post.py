"""The installation's outbox as people see it: on the command line and by the doctor."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from typer.testing import CliRunner

from monitoring.letter import Letter
from tessera.cli import app
from tessera.doctor.mail import outbox as examine
from tessera.errors import SettingsError
from tessera.post import deliver, open_outbox, outbox_file, plain_letter, wall_clock
from tests.tessera.conftest import Environment

LETTER = Letter("alert", date(2026, 7, 6), "s1 behaviour", "gone@example.org", "Drift in “Night owls”", "<p>x</p>", "x")


def run(*arguments: str, expect: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == expect, result.output
    return result.output


def refuse(letter: dict[str, Any]) -> None:
    raise SMTPRecipientsRefused({letter["recipient"]: (550, b"no such user")})


def test_a_bounced_address_is_shown_and_its_letter_can_be_sent_again(environment: Environment) -> None:
    settings = environment.load()
    assert [finding.seen for finding in examine(settings)] == ["no letter yet"]
    assert "no letter yet" in run("outbox")
    open_outbox(settings).add([LETTER], wall_clock())
    assert deliver(settings, refuse)["bounced"] == 1
    shown = run("outbox")
    for words in (LETTER.key[:8], "bounced", "gone@example.org", "Night owls", "550 no such user", "1 bounced"):
        assert words in shown
    [finding] = examine(settings)
    assert (finding.level, finding.seen) == ("warning", "gone@example.org: gone@example.org: 550 no such user")
    assert "it waits again" in run("outbox", "retry", LETTER.key[:8])
    sent: list[dict[str, Any]] = []
    assert deliver(settings, sent.append)["sent"] == 1
    assert (sent[0]["message_id"], sent[0]["as_of"]) == (LETTER.message_id, "2026-07-06")
    assert "sent" not in run("outbox").split("Error")[1].split("└")[0]
    assert "Night owls" in run("outbox", "--all")
    assert "no bounced or given-up letter" in run("outbox", "retry", LETTER.key[:8], expect=2)


def test_a_server_that_keeps_refusing_is_a_finding(environment: Environment) -> None:
    settings = environment.load(TESSERA_DELIVERY__RETRY="0.0001")
    open_outbox(settings).add([LETTER], wall_clock())

    def away(_letter: dict[str, Any]) -> None:
        raise ConnectionRefusedError("nobody listens")

    for _ in range(3):
        deliver(settings, away)
    [finding] = examine(settings)
    assert finding.seen == "1 letters wait after 3 tries or more: ConnectionRefusedError: nobody listens"


def test_a_notifier_that_was_taken_out_of_the_settings_is_named(environment: Environment) -> None:
    settings = environment.load()
    outbox = open_outbox(settings)
    outbox.add([Letter("alert", LETTER.as_of, "x", "notifier:slack", "s", "h", "t")], wall_clock())
    claim = outbox.claim(wall_clock(), timedelta(hours=1))
    assert claim is not None
    with pytest.raises(SettingsError, match="notifier:slack"):
        plain_letter(settings, claim)


def test_delivering_nothing_loads_nothing_that_measures_or_trains(environment: Environment) -> None:
    program = "import sys; from tessera import steps; print(steps.deliver_mail(print)); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    counted, loaded = done.stdout.splitlines()
    assert counted == "{'sent': 0, 'bounced': 0, 'postponed': 0, 'given_up': 0}"
    for heavy in ("evidently", "mlflow", "lightgbm", "sklearn", "optuna", "jinja2"):
        assert f"'{heavy}'" not in loaded, f"{heavy} is loaded to deliver nothing"


def test_the_outbox_lives_where_the_settings_say(environment: Environment) -> None:
    elsewhere = environment.folder / "elsewhere.db"
    settings = environment.load(TESSERA_DELIVERY__OUTBOX_URL=f"sqlite:///{elsewhere}")
    open_outbox(settings)
    assert elsewhere.exists()
    assert outbox_file(settings) is None
    broken = environment.load(TESSERA_DELIVERY__OUTBOX_URL="sqlite:////nowhere/at/all.db")
    assert [finding.level for finding in examine(broken)] == ["problem"]
