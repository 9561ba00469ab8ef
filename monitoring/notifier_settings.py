"""One of Airflow's notifiers as a reader of letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring.letter import SEVERITIES, Severity


@dataclass(frozen=True)
class NotifierSettings:
    """A notifier by its import path, with what it is made of.

    Args:
        path: such as ``airflow.providers.slack.notifications.slack_webhook.SlackWebhookNotifier`` or
            ``webhook.WebhookNotifier``.
        options: its arguments; Jinja in them knows ``letter`` (``subject text html severity as_of kind message_id``).
        least: letters below this severity are not sent to it.

    Raises:
        ValueError: the path names no class in a module.
    """

    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    least: Severity = "info"

    def __post_init__(self) -> None:
        if "." not in self.path.strip("."):
            raise ValueError(f"path must be module.Class; found {self.path!r}")

    def wants(self, severity: Severity) -> bool:
        """Whether a letter of this severity is for it."""
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.least)
