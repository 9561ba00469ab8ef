"""Every segment in one line: who it is, who serves it and why, and whether it moves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from monitoring.alarms import ALARMING
from tessera.errors import TesseraError
from tessera.overview.serving_state import ServingState
from tessera.overview.tables import Row, Tables
from tessera.segment_policies import load_policies
from training.versions import GLOBAL

if TYPE_CHECKING:
    from tessera.settings import Settings

HISTORY_DAYS: Final = 30
DECISION_DAYS: Final = 400
SIZE_DAYS: Final = 12
MIX: Final = "all"


@dataclass(frozen=True)
class SegmentLine:
    """One segment; a mapping is empty where there is nothing to say yet.

    Args:
        segment_id: it.
        name: the name that a person understands.
        band: of history, in which it was found.
        sizes: users on the last days that counted them, oldest first.
        champion: version of its own model that has the alias; empty: none, or not known.
        serves: who serves it, in words.
        decision: the newest row of ``gate_decisions``.
        verdicts: the rows of ``drift_verdicts`` of the last days, oldest first.
        action: the newest row of ``drift_actions``.
        promotion: what the gate may do.
        on_drift: what drift may do.
    """

    segment_id: str
    name: str
    band: str = ""
    sizes: tuple[tuple[date, int], ...] = ()
    champion: str = ""
    serves: str = ""
    decision: Mapping[str, Any] = field(default_factory=dict)
    verdicts: tuple[Row, ...] = ()
    action: Mapping[str, Any] = field(default_factory=dict)
    promotion: str = ""
    on_drift: str = ""

    @property
    def users(self) -> int:
        """On the last assigned day."""
        return self.sizes[-1][1] if self.sizes else 0

    @property
    def growth(self) -> float:
        """Share by which it grew over the days shown; NaN with fewer than two."""
        return self.users / self.sizes[0][1] - 1 if len(self.sizes) > 1 and self.sizes[0][1] else math.nan

    @property
    def verdict(self) -> Mapping[str, Any]:
        """The newest row of ``drift_verdicts``."""
        return self.verdicts[-1] if self.verdicts else {}

    @property
    def alarmed(self) -> bool:
        """Whether the newest verdict is one that somebody should know of."""
        return self.verdict.get("verdict") in ALARMING

    @property
    def own(self) -> bool:
        """Whether its own model serves it."""
        return self.serves.startswith("own")


@dataclass(frozen=True)
class Overview:
    """All segments as of the newest assigned day, largest first.

    Args:
        as_of: that day.
        ingested: the day after the newest ingested one: what a training can be asked for.
        lines: one a living segment.
        parent: the line of the global model.
        mix: the newest verdict over the make-up of the segments.
        state: what the registry says.
        troubles: what could not be read, in words.
    """

    as_of: date | None
    ingested: date | None
    lines: tuple[SegmentLine, ...]
    parent: SegmentLine
    mix: Mapping[str, Any]
    state: ServingState
    troubles: tuple[str, ...] = ()

    def line(self, segment_id: str) -> SegmentLine | None:
        """One of them."""
        return next((line for line in self.lines if line.segment_id == segment_id), None)


def overview(tables: Tables, settings: Settings, state: ServingState) -> Overview:
    """Read the newest day of everything; a lake without segments has no lines."""
    decisions = _by_segment(tables.recent("gate_decisions", DECISION_DAYS))
    verdicts = _by_segment(tables.recent("drift_verdicts", HISTORY_DAYS))
    actions = _by_segment(tables.recent("drift_actions", HISTORY_DAYS))
    sizes, living = tables.sizes(SIZE_DAYS), _living(tables)
    policies, troubles = _policies(settings, {row["segment_id"]: row["name"] for row in living})
    lines = [
        SegmentLine(
            segment_id=(segment := str(row["segment_id"])),
            name=row["name"],
            band=row["band"] or "",
            sizes=tuple(sizes.get(segment, ())),
            champion=state.champion(segment),
            serves=serves(segment, state, decisions.get(segment, ())),
            decision=_last(decisions.get(segment, ())),
            verdicts=tuple(verdicts.get(segment, ())),
            action=_last(actions.get(segment, ())),
            **policies.get(segment, {}),
        )
        for row in living
    ]
    assigned, ledger = tables.days("segment_assignments"), tables.days("ingest_ledger")
    return Overview(
        as_of=assigned[-1] if assigned else None,
        ingested=ledger[-1] + timedelta(days=1) if ledger else None,
        lines=tuple(sorted(lines, key=lambda line: (-line.users, line.segment_id))),
        parent=_parent(state, decisions.get(GLOBAL, ())),
        mix=_last(verdicts.get(MIX, ())),
        state=state,
        troubles=troubles,
    )


def serves(segment_id: str, state: ServingState, decisions: Sequence[Row]) -> str:
    """Who serves a segment: its own model while it is proved on the live parent, else the parent."""
    if not state.known:
        return "not known"
    own, parent = state.champion(segment_id), state.parent
    proved_on = {str(row["model_version"]): str(row["parent_version"] or "") for row in decisions}
    if own and parent and proved_on.get(own, parent) == parent:
        return f"own v{own}"
    if not parent:
        return "popular items"
    return f"parent v{parent}, own v{own} is not proved on it" if own else f"parent v{parent}"


def reason_of(decision: Mapping[str, Any]) -> str:
    """Why a model was trained, as the run said it."""
    try:
        return str(json.loads(decision.get("detail") or "{}").get("reason") or "")
    except ValueError:
        return ""


def _living(tables: Tables) -> list[Row]:
    fits, assigned = tables.days("segments"), tables.days("segment_assignments")
    if not fits or not assigned:
        return []
    return tables.day("segments", max((day for day in fits if day <= assigned[-1]), default=fits[-1]))


def _parent(state: ServingState, decisions: Sequence[Row]) -> SegmentLine:
    said = f"v{state.parent}" if state.parent else "popular items" if state.known else "not known"
    return SegmentLine(GLOBAL, "Global model", champion=state.parent, serves=said, decision=_last(decisions))


def _policies(settings: Settings, names: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    try:
        policies = load_policies(settings)
    except TesseraError as error:
        return {}, (str(error),)
    held = {segment: policies.of(segment, name) for segment, name in names.items()}
    return {s: {"promotion": policy.promotion, "on_drift": policy.on_drift} for s, policy in held.items()}, ()


def _by_segment(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["segment_id"]), []).append(row)
    return found


def _last(rows: Sequence[Row]) -> Mapping[str, Any]:
    return rows[-1] if rows else {}
