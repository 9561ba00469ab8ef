"""One letter for one reader, and the id by which it is known wherever it passes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Severity = Literal["info", "warning", "critical"]
Kind = Literal["alert", "recovery"]

# how the recipient begins where it is one of Airflow's notifiers
NOTIFIER: Final = "notifier:"
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "critical")


@dataclass(frozen=True)
class Letter:
    """What one reader is told about one finding of one day.

    Args:
        kind: alarms, or the end of alarms.
        as_of: the monitored day.
        finding: what was found, in a form that is equal for equal findings: segments and causes, not what was done
            about them or by which run.
        recipient: a mail address, or ``notifier:<name>`` for one of Airflow's notifiers.
        subject: one line.
        html: the body as HTML.
        text: the same as plain text.
        severity: decides whether it waits for the end of quiet hours.
        run_id: of the monitoring run that wrote it first.
        sender: a mail address.
    """

    kind: Kind
    as_of: date
    finding: str
    recipient: str
    subject: str
    html: str
    text: str
    severity: Severity = "warning"
    run_id: str = ""
    sender: str = ""

    @property
    def key(self) -> str:
        """Equal for equal day, kind, reader and finding: 32 hexadecimal digits."""
        said = "\n".join((self.kind, self.as_of.isoformat(), self.recipient.casefold(), self.finding))
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def message_id(self) -> str:
        """The mail's ``Message-ID``: a mailbox that gets the same letter twice can tell."""
        return f"<{self.key}@tessera>"
