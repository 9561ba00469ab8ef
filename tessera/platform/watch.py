"""What the caller hands to its guardian, as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tessera.platform.components import Component, HealthCheck


@dataclass(frozen=True)
class Watch:
    """What a guardian is told: what to run, where to log, whose memory to add up."""

    components: tuple[Component, ...]
    logs: Path
    caller: int
    restarts: int
    grace: float

    def to_json(self) -> str:
        """As one line for the guardian's standard input."""
        return json.dumps({**asdict(self), "logs": str(self.logs)})

    @classmethod
    def from_json(cls, line: str) -> Watch:
        """The inverse of :meth:`to_json`."""
        fields = json.loads(line)
        parts = tuple(_component(part) for part in fields.pop("components"))
        return cls(**{**fields, "components": parts, "logs": Path(fields["logs"])})


def _component(fields: dict[str, Any]) -> Component:
    lists = {name: tuple(fields[name]) for name in ("argv", "addresses", "depends_on")}
    health = HealthCheck(**fields["health"]) if fields["health"] else None
    return Component(**{**fields, **lists, "health": health})
