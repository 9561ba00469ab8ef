"""A notifier that posts JSON to any web address, for `notifiers` in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseHook, BaseNotifier


class WebhookNotifier(BaseNotifier):
    """Posts ``payload`` (Jinja inside) to an Airflow connection: its host is the address, its password the token.

    Raises:
        httpx.HTTPStatusError: the server answered with an error; the letter is tried again.
    """

    template_fields: Sequence[str] = ("payload",)

    def __init__(self, conn_id: str, payload: Mapping[str, Any] | None = None, timeout: float = 10.0) -> None:
        super().__init__()
        self.conn_id = conn_id
        self.payload = dict(payload or {"text": "{{ letter.subject }}", "body": "{{ letter.text }}"})
        self.timeout = timeout

    def notify(self, context: Any) -> None:
        """Post it."""
        import httpx

        connection = BaseHook.get_connection(self.conn_id)
        headers = {"Authorization": f"Bearer {connection.password}"} if connection.password else {}
        answer = httpx.post(str(connection.host), json=self.payload, headers=headers, timeout=self.timeout)
        answer.raise_for_status()
