"""Delivery: letters leave the outbox one by one, and no failure of a mail server is anybody else's."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from monitoring.delivery_settings import DeliverySettings
from monitoring.letter import NOTIFIER, Severity
from monitoring.outbox import Claim, Outbox

log = logging.getLogger(__name__)

Send = Callable[[Claim], None]
Clock = Callable[[], datetime]
Release = Callable[[datetime, Severity], datetime]
Outcome = Literal["sent", "bounced", "postponed", "given_up"]

_PERMANENT = 500
# the server answers: only this letter has a problem
_OF_ONE_LETTER = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)


@dataclass(frozen=True)
class Delivered:
    """What became of the letters of one delivery."""

    sent: int = 0
    bounced: int = 0
    postponed: int = 0
    given_up: int = 0

    def counted(self, outcome: Outcome) -> Delivered:
        """One more."""
        return replace(self, **{outcome: getattr(self, outcome) + 1})


@dataclass(frozen=True)
class Delivery:
    """Sends what is due; never raises for what a server does.

    A letter is *sent* once the server has taken it (SMTP's 250). A server that refuses the address or the text for good
    (5xx to ``RCPT`` or to the text) makes it *bounced*. Everything else is tried again later, and *given up* at last.

    After 250 and before the outbox has it, a crash or a lost database means a second delivery with the same
    ``Message-ID``: SMTP has no way to close that window, it can only be kept small.

    Args:
        outbox: of which letters are claimed.
        send: hands one letter to a server, or raises.
        settings: patience.
        release: the first moment from a given one on at which a letter of that severity may be sent.
        clock: the time now, aware.
    """

    outbox: Outbox
    send: Send
    settings: DeliverySettings
    release: Release
    clock: Clock

    def run(self) -> Delivered:
        """Deliver what is due now, each letter at most once."""
        done, away, began = Delivered(), set[str](), self.clock()
        for _ in range(self.settings.most):
            claim = self.outbox.claim(self.clock(), timedelta(seconds=self.settings.lease), began)
            if claim is None:
                break
            done = done.counted(self._one(claim, away))
        return done

    def _one(self, claim: Claim, away: set[str]) -> Outcome:
        """``away``: the servers that did not answer in this delivery; nobody waits for them a second time."""
        server = _server(claim)
        if server in away:
            return self._later(claim, f"{server} did not answer")
        try:
            self.send(claim)
        except Exception as error:  # whatever a server, a network or a notifier does: the letter is kept
            # what is wrong with one letter is no reason to keep the others waiting
            if isinstance(error, OSError) and not isinstance(error, _OF_ONE_LETTER):
                away.add(server)
            return self._failed(claim, error)
        if not self.outbox.sent(claim, self.clock()):
            log.warning("letter %s was sent after its lease had ended: it may arrive twice", claim.letter.key)
        return "sent"

    def _failed(self, claim: Claim, error: Exception) -> Outcome:
        said = explain(error)
        log.warning("letter %s to %s: %s", claim.letter.key, claim.letter.recipient, said)
        if not is_final(error):
            return self._later(claim, said)
        self.outbox.bounced(claim, self.clock(), said)
        return "bounced"

    def _later(self, claim: Claim, said: str) -> Outcome:
        now = self.clock()
        if now - claim.created >= timedelta(hours=self.settings.give_up_hours):
            self.outbox.given_up(claim, now, said)
            return "given_up"
        due = self.release(now + self.settings.pause(claim.tries), claim.letter.severity)
        self.outbox.postponed(claim, due, said)
        return "postponed"


def is_final(error: Exception) -> bool:
    """Whether trying again is no use: the address or the text was refused for good.

    A refused login or sender is the installation's mistake, not the letter's: once mended, the letter goes out.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= _PERMANENT


def explain(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{address}: {_answer(*reply)}" for address, reply in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return " ".join(f"{code} {text}".split())


def _server(claim: Claim) -> str:
    recipient = claim.letter.recipient
    return recipient if recipient.startswith(NOTIFIER) else "the mail server"
