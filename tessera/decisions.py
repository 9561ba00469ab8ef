"""The gate's decisions as records, with what asked for them and what they cost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from monitoring.actions import Cost
from warehouse.store import Store
from warehouse.windows import Window

_COLUMNS = ("as_of", "segment_id", "verdict", "model_version", "promoted", "detail")


@dataclass(frozen=True)
class Decided:
    """One row of ``gate_decisions``; ``detail`` holds reason, cost, promotion and the drift that asked, as known."""

    as_of: date
    segment_id: str
    verdict: str
    version: str
    promoted: bool
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def asked_by(self) -> str:
        """The monitoring run that asked for it; empty where none did."""
        return str(self.detail.get("drift", {}).get("run", ""))

    @property
    def waits(self) -> bool:
        """Whether it is proved and a person's approval lets it serve."""
        return bool(self.detail.get("drift", {}).get("approve")) and self.verdict == "serves" and not self.promoted

    @property
    def cost(self) -> Cost | None:
        """What the training took; ``None`` where it was not recorded."""
        spent = self.detail.get("cost")
        return Cost(float(spent["seconds"]), int(spent["trials"])) if spent else None

    @property
    def users(self) -> int:
        """Size of the segment that was trained, 0 where it is unknown."""
        return int(self.detail.get("cost", {}).get("users", 0))


def decisions(store: Store, window: Window | None = None) -> list[Decided]:
    """The decisions as of the days of ``window`` (all of them by default), oldest first."""
    if not store.exists("gate_decisions"):
        return []
    rows = store.frame("gate_decisions", window=window, columns=list(_COLUMNS))
    ordered = rows.sort_values(["as_of", "segment_id"], kind="stable")
    return [_decided(row) for row in ordered.to_dict("records")]


def _decided(row: dict[Any, Any]) -> Decided:
    detail = {} if pd.isna(row["detail"]) else json.loads(row["detail"])
    return Decided(
        as_of=row["as_of"],
        segment_id=str(row["segment_id"]),
        verdict=str(row["verdict"]),
        version=str(row["model_version"] or ""),
        promoted=bool(row["promoted"]),
        detail=detail,
    )
