"""The values that the API is built from; ``tessera`` reads them from its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from interactions.weights import EventWeights

MAX_K: Final = 100


@dataclass(frozen=True)
class ServingConfig:
    """Where serving reads and writes, and its limits.

    Args:
        snapshots: folder that ``write_snapshot`` fills.
        models: folder of the local copies of the champions; kept over restarts.
        spool: folder in the deliveries layout that takes ``POST /events``.
        registry_uri: HTTP address of the MLflow server; ``None`` serves the last good local state only.
        registry_page: address of MLflow's UI for links on the page; ``None`` means ``registry_uri``.
        prefix: registered models are ``<prefix>global`` and ``<prefix><segment_id>``.
        poll_seconds: pause between two looks at the registry.
        registry_timeout_seconds: longest wait for one answer of the registry.
        threads: requests computed at the same time.
        max_pending: requests accepted at the same time; the next one is answered 503.
        max_body_bytes: largest accepted request body.
        max_model_bytes: largest accepted model version, all files together.
        max_future_seconds: how far ahead of our clock an event's time may be.
        weights: what an event says about a user's liking; the same as training uses.
        trial_load: load a new spine in a child process first, so that a file that aborts a process kills the child.

    Raises:
        ValueError: a limit that is not positive.
    """

    snapshots: Path
    models: Path
    spool: Path
    registry_uri: str | None = None
    registry_page: str | None = None
    prefix: str = "tessera-"
    poll_seconds: float = 1.0
    registry_timeout_seconds: float = 3.0
    threads: int = 2
    max_pending: int = 64
    max_body_bytes: int = 1_000_000
    max_model_bytes: int = 2_000_000_000
    max_future_seconds: float = 300.0
    weights: EventWeights = field(default_factory=EventWeights)
    trial_load: bool = True

    def __post_init__(self) -> None:
        limits = ("poll_seconds", "registry_timeout_seconds", "threads", "max_pending", "max_body_bytes")
        for name in (*limits, "max_model_bytes", "max_future_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"serving setting '{name}' must be positive; found {getattr(self, name)}")
