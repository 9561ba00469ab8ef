"""Who is told about which segment: section ``alerts`` of the segments file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.letter import Severity
from tessera.segment_policies import read_segments_file
from tessera.settings import Settings
from training.policies import matches


@dataclass(frozen=True)
class AlertRoute:
    """Where the alarms of a segment go.

    Args:
        to: mail addresses; none: those of the installation (``mail_to``).
        severity: of its alarms, whatever their size; ``None``: as the rule says.
    """

    to: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True)
class AlertRoutes:
    """Routes by patterns of segment ids and names; of all that match, later ones win, field by field."""

    usual: tuple[str, ...]
    changes: tuple[tuple[str, AlertRoute], ...] = ()

    def of(self, segment_id: str, name: str = "") -> AlertRoute:
        """Where the alarms of a segment go; ``to`` is never empty."""
        found = AlertRoute(self.usual)
        for pattern, change in self.changes:
            if matches(pattern, segment_id, name):
                found = AlertRoute(change.to or found.to, change.severity or found.severity)
        return found

    def idle(self, segments: Mapping[str, str]) -> list[str]:
        """The patterns that match none of ``segments`` (id to name)."""
        return [p for p, _ in self.changes if not any(matches(p, s, name) for s, name in segments.items())]


def load_routes(settings: Settings) -> AlertRoutes:
    """The routes of the installation.

    Raises:
        SettingsError: names every wrong field of the file with what was found.
    """
    if settings.segments_file is None:
        return AlertRoutes(settings.mail_to)
    read = read_segments_file(settings.segments_file)
    changes = [(pattern, AlertRoute(**route.model_dump())) for pattern, route in read.alerts.items()]
    return AlertRoutes(settings.mail_to, tuple(changes))
