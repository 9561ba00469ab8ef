"""Hands the letters of the outbox to Airflow's mail connection (``smtp_default``) and to its notifiers."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import smtplib


def deliver() -> dict[str, Any]:
    """Deliver what is due; a server that is down or slow postpones letters and fails nothing."""
    from tessera import steps

    return steps.deliver_mail(send)


def send(letter: dict[str, Any]) -> None:
    """Hand one letter to whom it is for, or raise."""
    if "path" in letter:
        notify(letter)
    else:
        send_mail(letter)


def send_mail(letter: dict[str, Any]) -> None:
    """Send ``letter`` as HTML with a text part.

    Airflow's own operators send HTML alone; the connection, its encryption and login stay Airflow's.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    class ShortHook(SmtpHook):
        """Gives up soon: the outbox tries again later."""

        timeout = letter["timeout"]
        smtp_retry_limit = 0

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = letter["subject"], letter["sender"], letter["recipient"]
    message["Message-ID"] = letter["message_id"]
    message["Date"] = formatdate()  # when it is sent, which is no part of what it says
    message["Auto-Submitted"] = "auto-generated"  # no answer from anybody's holiday
    message.set_content(letter["text"])
    message.add_alternative(letter["html"], subtype="html")
    with ShortHook(smtp_conn_id="smtp_default") as hook:
        # the hook's client is its only way to send a message that it did not build
        cast("smtplib.SMTP", hook._smtp_client).send_message(message)


def notify(letter: dict[str, Any]) -> None:
    """Make the notifier that the settings name, and let it speak: ``letter`` is in its templates' context."""
    from importlib import import_module

    module, _, name = letter["path"].rpartition(".")
    notifier = getattr(import_module(module), name)(**letter["options"])
    told = {key: value for key, value in letter.items() if key not in ("path", "options", "timeout")}
    notifier({"letter": told})
