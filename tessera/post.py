"""The installation's outbox, and how its letters leave it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitoring.delivery import Delivery
from monitoring.letter import NOTIFIER
from monitoring.outbox import Claim, Outbox
from tessera.errors import SettingsError
from tessera.settings import Settings

Plain = dict[str, Any]


def open_outbox(settings: Settings) -> Outbox:
    """The outbox that the settings name: a database of its own in the home folder unless they name another."""
    file = outbox_file(settings)
    if file is None:
        return Outbox(settings.delivery.outbox_url)
    file.parent.mkdir(parents=True, exist_ok=True)
    return Outbox(f"sqlite:///{file}")


def outbox_file(settings: Settings) -> Path | None:
    """The file of an outbox that the settings do not put elsewhere."""
    return None if settings.delivery.outbox_url else settings.home / "outbox.db"


def deliver(settings: Settings, send: Callable[[Plain], None]) -> dict[str, int]:
    """Deliver what is due: how many letters were ``sent``, ``bounced``, ``postponed`` and ``given_up``.

    ``send`` hands one letter to a server: ``recipient sender subject html text message_id severity kind as_of timeout``
    and, for a notifier, its ``path`` and ``options``.
    """

    def plainly(claim: Claim) -> None:
        send(plain_letter(settings, claim))

    delivery = Delivery(open_outbox(settings), plainly, settings.delivery, settings.alerts.quiet.release, wall_clock)
    return asdict(delivery.run())


def plain_letter(settings: Settings, claim: Claim) -> Plain:
    """A claimed letter as plain values.

    Raises:
        SettingsError: it is for a notifier that the settings no longer name.
    """
    letter = claim.letter
    plain = asdict(letter) | {"as_of": letter.as_of.isoformat(), "message_id": claim.message_id}
    plain["timeout"] = settings.delivery.timeout
    if not letter.recipient.startswith(NOTIFIER):
        return plain
    notifier = settings.notifiers.get(letter.recipient.removeprefix(NOTIFIER))
    if notifier is None:
        raise SettingsError(f"there is no {letter.recipient} in the settings (notifiers): name it again")
    return plain | {"path": notifier.path, "options": dict(notifier.options)}


def wall_clock() -> datetime:
    """The time now: delivery alone looks at it, nothing that is computed does."""
    return datetime.now(UTC)
