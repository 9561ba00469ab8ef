"""Who serves each segment and why: one table, read from the registry and the lake."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from tessera.champions import serving_version
from tessera.settings import Settings
from training.registry import Registry
from training.versions import GLOBAL, Version, model_name
from warehouse.store import Store
from warehouse.windows import Window

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[Hashable, Any]


@dataclass(frozen=True)
class SegmentStatus:
    """One line of the table; numbers that were never measured are NaN, versions that do not exist are empty."""

    segment_id: str
    name: str
    users: int
    champion: str
    decided_as_of: date | None
    verdict: str
    challenger: float
    parent: float
    difference: float
    lower: float
    upper: float
    serves: str
    drift: str
    drift_reason: str


def segment_statuses(store: Store, registry: Registry, as_of: date | None = None) -> list[SegmentStatus]:
    """One status per living segment as of a day (the newest assigned one by default), largest first."""
    assigned = [day for day in store.dates("segment_assignments") if as_of is None or day <= as_of]
    if not assigned:
        return []
    people = store.frame("segment_assignments", window=Window.day(assigned[-1]))
    names = _names(store, people["fitted_as_of"].iloc[0])
    decisions, verdicts = _latest(store, "gate_decisions", as_of), _latest(store, "drift_verdicts", as_of)
    parent = registry.champion(model_name(GLOBAL))
    sizes = people.groupby("segment_id").size().sort_values(ascending=False, kind="stable")
    return [
        _status(segment, names.get(segment, segment), int(users), registry, parent, decisions, verdicts)
        for segment, users in zip(map(str, sizes.index), sizes, strict=True)
    ]


def status_table(rows: list[SegmentStatus], title: str = "Segments") -> Table:
    """The statuses as a table for a terminal."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for heading in ("Segment", "Name", "Users", "Champion", "NDCG@10 own", "parent", "difference", "Serves", "Drift"):
        right = heading in ("Users", "NDCG@10 own", "parent", "difference")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def source_of(registry: Registry, segment_id: str, parent: Version | None) -> str:
    """Who serves a segment: ``own v3``, ``parent v2`` or ``popular``."""
    serving = serving_version(registry, segment_id, parent)
    if serving is None:
        return "popular"
    return f"parent v{serving.version}" if serving == parent else f"own v{serving.version}"


def registry_of(settings: Settings) -> Registry:
    """The registry that the settings name."""
    return Registry(settings.mlflow_uri, settings.ledger)


def _cells(row: SegmentStatus) -> tuple[str, ...]:
    # too little evidence has a difference and no interval
    interval = "" if pd.isna(row.lower) else f" [{row.lower:+.4f}, {row.upper:+.4f}]"
    difference = f"{row.difference:+.4f}{interval}"
    return (
        row.segment_id,
        row.name,
        f"{row.users:,}",
        f"v{row.champion}" if row.champion else "–",
        _number(row.challenger),
        _number(row.parent),
        "–" if pd.isna(row.difference) else difference,
        f"{row.serves}\n({row.verdict.replace('_', ' ')})",
        row.drift.replace("_", " "),
    )


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.4f}"


def _names(store: Store, fitted: date) -> dict[str, str]:
    segments = store.frame("segments", window=Window.day(fitted), columns=["segment_id", "name"])
    return dict(zip(segments["segment_id"], segments["name"], strict=True))


def _latest(store: Store, table: str, as_of: date | None) -> dict[str, Row]:
    """The newest row of every segment by its id."""
    if not store.exists(table):
        return {}
    rows = store.frame(table).sort_values("as_of", kind="stable")
    known = rows if as_of is None else rows[rows["as_of"] <= as_of]
    # later rows replace earlier ones
    return {str(row["segment_id"]): row for row in known.to_dict("records")}


def _status(
    segment: str,
    name: str,
    users: int,
    registry: Registry,
    parent: Version | None,
    decisions: dict[str, Row],
    verdicts: dict[str, Row],
) -> SegmentStatus:
    own = registry.champion(model_name(segment))
    decision, verdict = decisions.get(segment, {}), verdicts.get(segment, {})
    nan = float("nan")
    return SegmentStatus(
        segment_id=segment,
        name=name,
        users=users,
        champion=own.version if own else "",
        decided_as_of=decision.get("as_of"),
        verdict=str(decision.get("verdict", "never trained")),
        challenger=decision.get("challenger", nan),
        parent=decision.get("parent", nan),
        difference=decision.get("difference", nan),
        lower=decision.get("lower", nan),
        upper=decision.get("upper", nan),
        serves=source_of(registry, segment, parent),
        drift=str(verdict.get("verdict", "not monitored")),
        drift_reason=str(verdict.get("reason", "")),
    )
