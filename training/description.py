"""The text on a version's page in MLflow: what it is, why the gate said yes or no, what it was trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from training.decision import Decision, SegmentDifference, WindowDifference
from training.versions import GLOBAL, Registration

_HEADLINES = {
    "serves": "Serves.",
    "falls_back": "Falls back to the parent.",
    "not_enough_evidence": "The parent serves.",
}
# for the page and the table of decisions; a wall of tags hides the ones that matter
_GATE_TAGS = (
    "verdict",
    "users",
    "windows",
    "parent",
    "challenger",
    "difference",
    "lower",
    "upper",
    "p_value",
    "margin",
    "reason",
)


def describe(registration: Registration) -> str:
    """Markdown for the model version: verdict, gate table, windows, placebo and control, training data."""
    parts = [
        # first, and plain: MLflow's list of versions shows the raw beginning
        f"{_HEADLINES[registration.decision.verdict]} {registration.decision.reason}",
        f"**{registration.segment_name}** (`{registration.segment_id}`), as of {registration.as_of}",
        _gate_table(registration.decision),
        _windows(registration.decision.by_window),
        _segments(registration.decision.by_segment),
        _beside(registration),
        *registration.notes,
        _provenance(registration),
    ]
    return "\n\n".join(part for part in parts if part)


def describe_model(registration: Registration) -> str:
    """Markdown for the page of the registered model: what its champion alias does."""
    without = "popular items" if registration.segment_id == GLOBAL else "the parent"
    return (
        f"Recommender of **{registration.segment_name}**. The alias `champion` serves: "
        f"move it to promote or roll back, delete it to let {without} serve."
    )


def tags(registration: Registration) -> dict[str, str]:
    """The version's tags: ``as_of segment_id parent_version gate.* snapshot.* data_hash`` and what made it."""
    fixed = {
        "as_of": registration.as_of.isoformat(),
        "segment_id": registration.segment_id,
        "segment_name": registration.segment_name,
        "strategy": registration.strategy,
        "parent_version": registration.parent_version or "",
        "data_hash": registration.data_hash,
        "code_version": registration.code_version,
        "settings_hash": registration.settings_hash,
    }
    facts = registration.decision.facts()
    measured = {key: facts[key] for key in _GATE_TAGS}
    measured |= {"placebo": registration.placebo, "control": registration.control}
    gate = {f"gate.{key}": _plain(value) for key, value in measured.items() if not _unmeasured(value)}
    snapshots = {f"snapshot.{table}": str(version) for table, version in registration.snapshots.items()}
    return fixed | gate | snapshots


def _unmeasured(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _plain(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _gate_table(decision: Decision) -> str:
    if math.isnan(decision.difference):
        return ""
    cells = {
        f"{decision.metric.upper()} of the parent": f"{decision.parent:.4f}",
        "of this model": f"{decision.challenger:.4f}",
        "difference": f"{decision.difference:+.4f}",
        "one-sided bounds": _bounds(decision.lower, decision.upper),
        "margin": f"{decision.margin:.4f}",
        "p": "not measured" if math.isnan(decision.p_value) else f"{decision.p_value:.4f}",
        "users": f"{decision.users:,}",
        "windows": str(decision.windows),
    }
    return _table(list(cells), [list(cells.values())])


def _windows(rows: tuple[WindowDifference, ...]) -> str:
    if not rows:
        return ""
    cells = [[row.window, f"{row.users:,}", f"{row.difference:+.4f}", _bounds(row.lower, row.upper)] for row in rows]
    return "In each window:\n\n" + _table(["window", "users", "difference", "bounds"], cells)


def _segments(rows: tuple[SegmentDifference, ...]) -> str:
    if not rows:
        return ""
    cells = [
        [row.segment_id, f"{row.users:,}", f"{row.difference:+.4f}", _bounds(row.lower, row.upper)] for row in rows
    ]
    words = "In each segment, the worst first (it may not be proved worse than the champion for any):\n\n"
    return words + _table(["segment", "users", "difference", "bounds"], cells)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # MLflow draws tables without space between the cells or below: the entity and the break make it (it trims the
    # plain wide space off a cell's end)
    lines = [head, ["---"] * len(head), *rows]
    drawn = ["| " + " | ".join(cell if cell == "---" else f"{cell}&emsp;" for cell in line) + " |" for line in lines]
    return "\n".join([*drawn, "", "<br>"])


def _beside(registration: Registration) -> str:
    lines = []
    if not math.isnan(registration.placebo):
        lines.append(_compared("random groups of the same size (placebo)", registration.placebo, registration.decision))
    if not math.isnan(registration.control):
        lines.append(_compared("the parent with the same extra budget", registration.control, registration.decision))
    return "\n".join([*lines, *_conclusion(registration)])


def _conclusion(registration: Registration) -> list[str]:
    """What follows from both comparisons, where both were made."""
    reached = max(registration.placebo, registration.control)
    if (
        math.isnan(registration.placebo)
        or math.isnan(registration.control)
        or math.isnan(registration.decision.difference)
    ):
        return []
    if registration.decision.difference > reached:
        return ["- So the difference is the segment's own, not what tuning gives to anybody."]
    if registration.decision.serves:
        return ["- So what serves here may be the tuning, **not the segment**: the parent is due to be tuned anew."]
    return ["- So there is **no sign that the segment matters**: without it as much is reached."]


def _compared(what: str, reached: float, decision: Decision) -> str:
    beaten = decision.difference > reached
    words = "beats" if beaten else "does **not** beat"
    return f"- The segment {words} {what}: {decision.difference:+.4f} against {reached:+.4f}."


def _provenance(registration: Registration) -> str:
    snapshots = ", ".join(f"{table}@{version}" for table, version in sorted(registration.snapshots.items()))
    parent = (
        f"; measured against `tessera-global` version {registration.parent_version}"
        if registration.parent_version
        else ""
    )
    return (
        f"Strategy `{registration.strategy}`{parent}. Trained on {snapshots or 'an unnamed snapshot'} "
        f"(data hash `{registration.data_hash[:12] or 'none'}`), code {registration.code_version or 'unknown'}."
    )


def _bounds(lower: float, upper: float) -> str:
    return "not measured" if math.isnan(lower) else f"[{lower:+.4f}, {upper:+.4f}]"
