from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tessera.platform import Platform
from tessera.platform.mail_page import answer
from tessera.platform.mailbox import MailFolder
from tests.tessera.platform_parts import small_plan


def mail(subject: str = "Drift in <night owls>", html: str = "<h1>What moved</h1>") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "tessera@example.org", "oncall@example.org"
    message.set_content("What moved, as text")
    message.add_alternative(html, subtype="html")
    return message


def kept(folder: Path, *messages: EmailMessage) -> MailFolder:
    mails = MailFolder(folder)
    for message in messages:
        mails.add(message.as_bytes())
    return mails


def test_a_mail_sent_by_smtp_becomes_a_file_and_a_page(tmp_path: Path) -> None:
    with Platform(small_plan(tmp_path)) as platform:
        platform.wait_healthy(timeout=30)
        with smtplib.SMTP("127.0.0.1", platform.plan.ports.smtp, timeout=10) as connection:
            connection.send_message(mail())
            connection.send_message(mail("second"))
        listed = httpx.get(platform.address("mailbox") + "/mails.json").json()
        page = httpx.get(platform.address("mailbox") + "/mails/000001/html")
        missing = httpx.get(platform.address("mailbox") + "/mails/000009")
    assert {row["name"]: row["subject"] for row in listed} == {"000001": "Drift in <night owls>", "000002": "second"}
    assert "<h1>What moved</h1>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert missing.status_code == 404
    assert sorted(path.name for path in platform.plan.mails.iterdir()) == ["000001.eml", "000002.eml"]


def test_numbering_goes_on_after_a_restart(tmp_path: Path) -> None:
    kept(tmp_path, mail(), mail())
    assert MailFolder(tmp_path).add(b"Subject: third\r\n\r\n") == "000003"


def test_the_list_escapes_what_a_sender_wrote(tmp_path: Path) -> None:
    _, page = answer(kept(tmp_path, mail("<script>alert(1)</script>")), "/")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(("part", "expected"), [("text", "What moved, as text"), ("source", "Subject: Drift")])
def test_the_parts_of_a_mail_are_shown(tmp_path: Path, part: str, expected: str) -> None:
    kind, text = answer(kept(tmp_path, mail()), f"/mails/000001/{part}")
    assert kind == "text/plain"
    assert expected in text


def test_a_mail_without_html_is_shown_as_text(tmp_path: Path) -> None:
    mails = MailFolder(tmp_path)
    mails.add(b"Subject: plain\r\n\r\n1 < 2")
    assert answer(mails, "/mails/000001/html") == ("text/html", "<pre>1 &lt; 2</pre>")


@pytest.mark.parametrize("path", ["/mails/../credentials", "/mails/%2e%2e", "/mails/000001/other", "/elsewhere"])
def test_nothing_but_kept_mails_can_be_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "credentials.eml").write_text("secret")
    with pytest.raises(KeyError):
        answer(kept(tmp_path / "mails", mail()), path)
