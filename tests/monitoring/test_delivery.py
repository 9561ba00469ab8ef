"""F26: a mail server that is down, slow, rejects or dies, and deliverers that die or meet: each letter arrives once."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.delivery import Delivered, Delivery, is_final
from monitoring.delivery_settings import DeliverySettings
from monitoring.outbox import Outbox
from monitoring.quiet_hours import QuietHours
from tests.monitoring.mail_servers import Sink, free_port, running, smtp
from tests.monitoring.test_outbox import LETTER, NOW

SETTINGS = DeliverySettings(timeout=1.0, lease=60.0, retry=60.0, longest_retry=240.0, give_up_hours=1.0)
DELIVERER = """
import sys
from datetime import datetime
from monitoring.delivery import Delivery
from monitoring.delivery_settings import DeliverySettings
from monitoring.outbox import Outbox
from tests.monitoring.mail_servers import smtp

url, port, now = sys.argv[1:]
send, clock = smtp(int(port), 60), lambda: datetime.fromisoformat(now)
Delivery(Outbox(url), send, DeliverySettings(), lambda moment, severity: moment, clock).run()
"""


@dataclass
class Post:
    """An outbox, a mail server and a clock that stands still until it is moved."""

    outbox: Outbox
    url: str
    sink: Sink
    port: int
    now: datetime = NOW

    def deliver(self, send: Any = None, quiet: QuietHours | None = None) -> Delivered:
        release = (quiet or QuietHours()).release
        way = send or smtp(self.port, SETTINGS.timeout)
        return Delivery(Outbox(self.url), way, SETTINGS, release, lambda: self.now).run()

    def write(self, *names: str) -> None:
        self.outbox.add(
            [replace(LETTER, recipient=f"{name}@example.org", sender="t@x.org") for name in names], self.now
        )

    def wait(self, **times: float) -> None:
        self.now += timedelta(**times)

    @property
    def states(self) -> dict[str, str]:
        return {kept.recipient.split("@")[0]: kept.state for kept in self.outbox.kept()}


@pytest.fixture
def post(tmp_path: Path) -> Post:
    url = f"sqlite:///{tmp_path / 'outbox.db'}"
    return Post(Outbox(url), url, Sink(), free_port())


def test_f26_a_server_that_is_down_delays_nothing_and_gets_each_letter_once_when_it_is_back(post: Post) -> None:
    post.write("a", "b", "c")
    began = time.monotonic()
    assert post.deliver() == Delivered(postponed=3)
    assert time.monotonic() - began < 4
    assert post.deliver() == Delivered()
    post.wait(seconds=60)
    with running(post.sink, post.port):
        assert post.deliver() == Delivered(sent=3)
        post.wait(hours=5)
        assert post.deliver() == Delivered()
    assert [name for name, _ in post.sink.read] == ["a@example.org", "b@example.org", "c@example.org"]


def test_f26_a_slow_server_costs_one_timeout_and_gets_each_letter_once(post: Post) -> None:
    post.write("a", "b")
    post.sink.slow = 2.0
    with running(post.sink, post.port):
        began = time.monotonic()
        assert post.deliver() == Delivered(postponed=2)
        assert time.monotonic() - began < 4 * SETTINGS.timeout
        post.sink.slow = 0.0
        post.wait(seconds=60)
        assert post.deliver() == Delivered(sent=2)
        time.sleep(1.5)  # the slow answer would have come by now
    assert len(post.sink.mails) == 2


def test_f26_a_rejected_address_bounces_visibly_and_the_others_get_theirs(post: Post) -> None:
    post.write("a", "gone", "full", "z")
    post.sink.refused = {"gone@example.org": "550 no such user", "full@example.org": "452 mailbox full"}
    with running(post.sink, post.port):
        assert post.deliver() == Delivered(sent=2, bounced=1, postponed=1)
        post.wait(hours=2)
        post.sink.refused = {}
        assert post.deliver() == Delivered(sent=1)
    assert post.states == {"a": "sent", "gone": "bounced", "full": "sent", "z": "sent"}
    [bounced] = post.outbox.kept(["bounced"])
    assert bounced.error == "gone@example.org: 550 no such user"


def test_f26_a_server_that_dies_after_reading_the_text_gets_it_again_and_keeps_one(post: Post) -> None:
    post.write("a", "b")
    post.sink.dropping = 1
    with running(post.sink, post.port):
        assert post.deliver() == Delivered(postponed=2)
        post.wait(seconds=60)
        assert post.deliver() == Delivered(sent=2)
    assert len(post.sink.mails) == 2
    assert post.sink.begun == 3


def test_f26_a_killed_deliverer_leaves_its_letter_to_the_next_one(post: Post) -> None:
    post.write("a")
    post.sink.slow = 60.0
    with running(post.sink, post.port):
        argv = [sys.executable, "-c", DELIVERER, post.url, str(post.port), post.now.isoformat()]
        root = Path(__file__).parents[2]
        with subprocess.Popen(argv, cwd=root) as deliverer:
            deadline = time.monotonic() + 30
            while not post.sink.begun and time.monotonic() < deadline:
                time.sleep(0.02)
            deliverer.send_signal(signal.SIGKILL)
        assert post.states == {"a": "sending"}
        assert post.deliver() == Delivered()
        post.sink.slow = 0.0
        post.wait(seconds=DeliverySettings().lease)
        assert post.deliver() == Delivered(sent=1)
    assert len(post.sink.mails) == 1


def test_f26_two_deliverers_at_once_deliver_each_letter_once(post: Post) -> None:
    post.write(*"abcdefghijkl")
    post.sink.slow = 0.02
    with running(post.sink, post.port), ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: post.deliver(), range(3)))
    assert sum(one.sent for one in done) == 12
    assert len({name for name, _ in post.sink.read}) == len(post.sink.mails) == 12


def test_a_second_delivery_after_a_lost_answer_carries_the_same_message_id(post: Post) -> None:
    post.write("a")

    def taken_and_forgotten(claim: Any) -> None:
        smtp(post.port)(claim)
        raise ConnectionResetError("after 250")

    with running(post.sink, post.port):
        post.deliver(send=taken_and_forgotten)
        post.wait(seconds=60)
        post.deliver()
    first, second = (str(mail["message-id"]) for mail in post.sink.mails)
    assert first == second


def test_tries_are_further_and_further_apart_until_the_letter_is_given_up(post: Post) -> None:
    post.write("a")
    tried = []
    for _ in range(70):
        if post.deliver() != Delivered():
            tried.append(round((post.now - NOW).total_seconds()))
        post.wait(minutes=1)
    assert tried == [0, 60, 180, 420, *range(660, 3600, 240), 3780]
    assert post.states == {"a": "given_up"}


def test_a_refused_login_or_sender_is_no_fault_of_the_letter() -> None:
    assert not is_final(smtplib.SMTPAuthenticationError(535, b"no"))
    assert not is_final(smtplib.SMTPSenderRefused(550, b"no", "t@x.org"))
    assert is_final(smtplib.SMTPDataError(554, b"spam"))
    assert not is_final(smtplib.SMTPDataError(451, b"later"))


def test_a_notifier_that_fails_holds_up_no_mail_and_the_other_way_round(post: Post) -> None:
    post.outbox.add([replace(LETTER, recipient=f"notifier:{name}") for name in ("hook", "slack")], post.now)
    post.write("a")

    def send(claim: Any) -> None:
        if claim.letter.recipient != "notifier:slack":
            raise OSError("away")

    assert post.deliver(send=send) == Delivered(sent=1, postponed=2)
    assert [kept.recipient for kept in post.outbox.kept(["sent"])] == ["notifier:slack"]


def test_a_letter_that_cannot_be_made_into_a_mail_holds_up_no_other(post: Post) -> None:
    post.write("a", "b")
    post.outbox.add([replace(LETTER, recipient="0\n@example.org")], post.now - timedelta(days=1))
    with running(post.sink, post.port):
        assert post.deliver() == Delivered(sent=2, given_up=1)
    [lost] = post.outbox.kept(["given_up"])
    assert lost.error.startswith("ValueError: ")


def test_a_retry_does_not_wake_anybody_in_quiet_hours(post: Post) -> None:
    post.write("a")
    post.deliver(quiet=QuietHours("09:00", "18:00"))
    [kept] = post.outbox.kept()
    assert kept.due == datetime(2026, 7, 6, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"lease": 50}, {"longest_retry": 1}])
def test_impatient_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DeliverySettings(**wrong)  # type: ignore[arg-type]
