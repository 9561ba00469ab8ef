"""Everything about one segment, for its own page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from tessera.overview.flows import Flows, flows
from tessera.overview.lines import DECISION_DAYS, HISTORY_DAYS, SegmentLine
from tessera.overview.tables import Row, Tables
from tessera.overview.top_items import TopItem, top_items

MOST_TRAITS = 12


@dataclass(frozen=True)
class FeatureHistory:
    """One column's distance over the days, in units of its threshold (above 1 it moved), and its newest row."""

    feature: str
    ratios: tuple[float, ...]
    newest: Row


@dataclass(frozen=True)
class SegmentView:
    """A segment's line and what stands behind it.

    Args:
        line: as on the page of all segments.
        fitted: the day of the segmentation in force.
        traits: rows ``feature level mean overall z band_z``, what distinguishes it first.
        items: what its users turn to.
        decisions: rows of ``gate_decisions``, newest first.
        features: what was measured of it, furthest beyond its threshold first.
        flows: users who came and went.
        lineage: its rows of ``segment_lineage``, newest first.
        actions: its rows of ``drift_actions``, newest first.
    """

    line: SegmentLine
    fitted: date | None
    traits: tuple[Row, ...]
    items: tuple[TopItem, ...]
    decisions: tuple[Row, ...]
    features: tuple[FeatureHistory, ...]
    flows: Flows | None
    lineage: tuple[Row, ...]
    actions: tuple[Row, ...]


def segment_view(tables: Tables, line: SegmentLine) -> SegmentView:
    """Read what stands behind a line."""
    segment = line.segment_id
    fits = tables.days("segments")
    rows = [row for row in tables.day("segments", fits[-1]) if row["segment_id"] == segment] if fits else []
    return SegmentView(
        line=line,
        fitted=fits[-1] if fits else None,
        traits=tuple(json.loads(rows[0]["profile"] or "[]")[:MOST_TRAITS]) if rows else (),
        items=top_items(tables, segment),
        decisions=_newest_first(tables, "gate_decisions", segment, DECISION_DAYS),
        features=_features(tables.recent("drift_measurements", HISTORY_DAYS, segment_id=segment)),
        flows=flows(tables, segment),
        lineage=_newest_first(tables, "segment_lineage", segment, DECISION_DAYS),
        actions=_newest_first(tables, "drift_actions", segment, HISTORY_DAYS),
    )


def _newest_first(tables: Tables, table: str, segment: str, days: int) -> tuple[Row, ...]:
    return tuple(row for row in reversed(tables.recent(table, days)) if row["segment_id"] == segment)


def _features(rows: list[Row]) -> tuple[FeatureHistory, ...]:
    by_feature: dict[str, list[Row]] = {}
    for row in rows:
        by_feature.setdefault(row["feature"], []).append(row)
    found = [FeatureHistory(name, tuple(map(_ratio, days)), days[-1]) for name, days in by_feature.items()]
    return tuple(sorted(found, key=lambda history: (-history.ratios[-1], history.feature)))


def _ratio(row: Row) -> float:
    return float(row["distance"] / row["threshold"]) if row["threshold"] else 0.0
