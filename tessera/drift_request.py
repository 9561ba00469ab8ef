"""What one monitoring run asks the training for: plain values of a run's conf, kept with every model it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.versions import GLOBAL


@dataclass(frozen=True)
class DriftRequest:
    """Why drift had something trained.

    Args:
        run: id of the monitoring run that decided it.
        causes: of the drift, by segment id; the parent is retrained for ``catalogue``.
        approve: segments whose proved model waits for a person's approval.
    """

    run: str
    causes: Mapping[str, str] = field(default_factory=dict)
    approve: tuple[str, ...] = ()

    @classmethod
    def of(cls, plain: Mapping[str, Any] | None) -> DriftRequest | None:
        """From a run's conf; ``None`` where no drift asked."""
        if not plain:
            return None
        return cls(str(plain["run"]), dict(plain.get("causes", {})), tuple(plain.get("approve", ())))

    def plain(self) -> dict[str, Any]:
        """For a run's conf."""
        return {"run": self.run, "causes": dict(self.causes), "approve": list(self.approve)}

    def cause(self, segment_id: str) -> str:
        """Why this one is trained: its own drift, or that of everybody."""
        return "catalogue" if segment_id == GLOBAL else self.causes.get(segment_id, "catalogue")

    def facts(self, segment_id: str) -> dict[str, Any]:
        """Of one segment, for the row of ``gate_decisions``."""
        return {"run": self.run, "cause": self.cause(segment_id), "approve": segment_id in self.approve}

    def tags(self, segment_id: str) -> dict[str, str]:
        """Of one segment's version in MLflow."""
        return {"drift.run": self.run, "drift.cause": self.cause(segment_id)}
