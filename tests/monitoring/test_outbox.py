"""The outbox as a machine of states, on every database at hand."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.letter import Letter
from monitoring.outbox import Outbox
from tests.monitoring.mail_servers import postgres

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)
LETTER = Letter("alert", date(2026, 7, 6), "s1 drift behaviour", "a@example.org", "Drift", "<p>x</p>", "x", run_id="r1")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('databases') / 'outbox.db'}"
        return
    with postgres() as address:
        if address is None:
            pytest.skip("no PostgreSQL is installed that this user may start")
        yield address


@pytest.fixture
def outbox(url: str) -> Outbox:
    from sqlalchemy import create_engine, text

    outbox = Outbox(url)
    with create_engine(url).begin() as connection:
        connection.execute(text("DELETE FROM tessera_outbox"))
    return outbox


def letters(number: int) -> list[Letter]:
    return [replace(LETTER, recipient=f"{n}@example.org") for n in range(number)]


def test_the_same_finding_is_written_down_once_whatever_was_done_about_it(outbox: Outbox) -> None:
    assert outbox.add([LETTER], NOW) == 1
    assert outbox.add([replace(LETTER, subject="retrained", text="y", run_id="r2")], NOW + LEASE) == 0
    assert outbox.add([replace(LETTER, recipient="b@example.org")], NOW) == 1
    assert {(kept.recipient, kept.run_id) for kept in outbox.kept()} == {
        ("a@example.org", "r1"),
        ("b@example.org", "r1"),
    }


def test_what_is_claimed_is_what_was_written(outbox: Outbox) -> None:
    outbox.add([LETTER], NOW)
    claim = outbox.claim(NOW, LEASE)
    assert claim is not None
    assert (claim.letter, claim.message_id, claim.tries, claim.until) == (LETTER, LETTER.message_id, 1, NOW + LEASE)


def test_a_claimed_letter_is_nobody_elses_until_its_lease_ends(outbox: Outbox) -> None:
    outbox.add([LETTER], NOW)
    first = outbox.claim(NOW, LEASE)
    assert first is not None
    assert outbox.claim(NOW + LEASE / 2, LEASE) is None
    second = outbox.claim(NOW + LEASE, LEASE)
    assert second is not None
    assert second.tries == 2
    assert not outbox.sent(first, NOW + LEASE)
    assert outbox.sent(second, NOW + LEASE)
    assert outbox.claim(NOW + 10 * LEASE, LEASE) is None


def test_a_letter_waits_until_it_is_due(outbox: Outbox) -> None:
    outbox.add([LETTER], NOW, due=NOW + LEASE)
    assert outbox.claim(NOW, LEASE) is None
    claim = outbox.claim(NOW + LEASE, LEASE)
    assert claim is not None
    outbox.postponed(claim, NOW + 3 * LEASE, "421 busy")
    assert outbox.claim(NOW + 2 * LEASE, LEASE) is None
    [kept] = outbox.kept(["pending"])
    assert (kept.error, kept.tries, kept.due) == ("421 busy", 1, NOW + 3 * LEASE)


def test_what_ended_badly_can_be_asked_for_again_by_the_beginning_of_its_key(outbox: Outbox) -> None:
    outbox.add([LETTER], NOW)
    claim = outbox.claim(NOW, LEASE)
    assert claim is not None
    assert not outbox.retry(LETTER.key, NOW)
    outbox.bounced(claim, NOW, "550 nobody here" + "!" * 1000)
    assert outbox.counts() == {"bounced": 1}
    assert len(outbox.kept(["bounced"])[0].error) == 500
    assert not outbox.retry("%", NOW)
    assert outbox.retry(LETTER.key[:8], NOW + LEASE)
    assert outbox.claim(NOW + LEASE, LEASE) is not None


def test_many_who_claim_at_once_share_the_letters(outbox: Outbox, url: str) -> None:
    outbox.add(letters(12), NOW)

    def claimed(_: int) -> list[str]:
        mine, here = [], Outbox(url)
        while (claim := here.claim(NOW, LEASE)) is not None:
            mine.append(claim.letter.key)
        return mine

    with ThreadPoolExecutor(4) as pool:
        found = [key for keys in pool.map(claimed, range(4)) for key in keys]
    assert sorted(found) == sorted(letter.key for letter in letters(12))


def test_many_who_write_the_same_letter_write_one(url: str, outbox: Outbox) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: Outbox(url).add(letters(3), NOW), range(4))) == 3


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["claim", "sent", "bounced", "postponed", "given_up", "wait", "add"]), max_size=14))
def test_whatever_happens_a_letter_is_settled_once_and_then_rests(acts: list[str]) -> None:
    outbox = _fresh()
    now, held, settled = NOW, None, 0
    for act in acts:
        if act == "wait":
            now += LEASE
        elif act == "add":
            outbox.add([LETTER], now)
        elif act == "claim":
            held = outbox.claim(now, LEASE) or held
        elif held is not None:
            settled += getattr(outbox, act)(held, now, *([] if act == "sent" else ["why"])) and act != "postponed"
    assert settled <= 1
    assert sum(outbox.counts().values()) <= 1
    if settled:
        assert outbox.claim(now + 99 * LEASE, LEASE) is None


def _fresh() -> Outbox:
    import tempfile

    return Outbox(f"sqlite:///{Path(tempfile.mkdtemp()) / 'outbox.db'}")
