"""Sends a rendered mail through Airflow's SMTP connection (``smtp_default``)."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import smtplib


def send(letter: dict[str, Any]) -> str:
    """Send ``letter`` (``to``, ``sender``, ``subject``, ``html``, ``text``) as HTML with a text part.

    Airflow's own operators send HTML alone; the connection, its encryption and login stay Airflow's.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = letter["subject"], letter["sender"], ", ".join(letter["to"])
    message["Message-ID"] = letter["message_id"]
    message["Date"] = formatdate()  # when it is sent, which is no part of what it says
    message.set_content(letter["text"])
    message.add_alternative(letter["html"], subtype="html")
    with SmtpHook(smtp_conn_id="smtp_default") as hook:
        # the hook's client is its only way to send a message that it did not build
        cast("smtplib.SMTP", hook._smtp_client).send_message(message)
    return str(letter["subject"])
