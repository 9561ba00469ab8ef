"""The text on a version's page in MLflow: what it is, why the gate said yes or no, what it was trained on."""

from __future__ import annotations

import math

from training.decision import Decision, WindowDifference
from training.versions import Registration

_HEADLINES = {
    "serves": "**Serves.**",
    "falls_back": "**Falls back to the parent.**",
    "not_enough_evidence": "**Not enough evidence: the parent serves.**",
}


def describe(registration: Registration) -> str:
    """Markdown for the model version: headline, gate table, windows, placebo and control, training data."""
    parts = [
        f"### {registration.segment_name} (`{registration.segment_id}`), as of {registration.as_of}",
        f"{_HEADLINES[registration.decision.verdict]} {registration.decision.reason}",
        _gate_table(registration.decision),
        _windows(registration.decision.by_window),
        _beside(registration),
        *registration.notes,
        _provenance(registration),
    ]
    return "\n\n".join(part for part in parts if part)


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
    gate = {f"gate.{key}": _plain(value) for key, value in registration.decision.facts().items()}
    gate |= {"gate.placebo": _plain(registration.placebo), "gate.control": _plain(registration.control)}
    snapshots = {f"snapshot.{table}": str(version) for table, version in registration.snapshots.items()}
    return fixed | gate | snapshots


def _plain(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _gate_table(decision: Decision) -> str:
    if math.isnan(decision.difference):
        return ""
    return (
        f"| {decision.metric} | parent | this model | difference | one-sided bounds | margin | p | users | windows |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        f"| | {decision.parent:.4f} | {decision.challenger:.4f} | {decision.difference:+.4f} "
        f"| {_bounds(decision.lower, decision.upper)} | {decision.margin:.4f} "
        f"| {decision.p_value:.4f} | {decision.users:,} | {decision.windows} |"
    )


def _windows(rows: tuple[WindowDifference, ...]) -> str:
    if not rows:
        return ""
    head = "| window | users | difference | bounds |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(
        f"| {row.window} | {row.users:,} | {row.difference:+.4f} | {_bounds(row.lower, row.upper)} |" for row in rows
    )


def _beside(registration: Registration) -> str:
    lines = []
    if not math.isnan(registration.placebo):
        lines.append(_compared("random groups of the same size (placebo)", registration.placebo, registration.decision))
    if not math.isnan(registration.control):
        lines.append(_compared("the parent with the same extra budget", registration.control, registration.decision))
    return "\n".join(lines)


def _compared(what: str, reached: float, decision: Decision) -> str:
    beaten = decision.difference > reached
    words = "beats" if beaten else "does **not** beat"
    return f"- The segment {words} {what}: {decision.difference:+.4f} against {reached:+.4f}."


def _provenance(registration: Registration) -> str:
    snapshots = ", ".join(f"{table}@{version}" for table, version in sorted(registration.snapshots.items()))
    parent = (
        f"; proved on `tessera-global` version {registration.parent_version}" if registration.parent_version else ""
    )
    return (
        f"Strategy `{registration.strategy}`{parent}. Trained on {snapshots or 'an unnamed snapshot'} "
        f"(data hash `{registration.data_hash[:12] or 'none'}`), code {registration.code_version or 'unknown'}."
    )


def _bounds(lower: float, upper: float) -> str:
    return "not measured" if math.isnan(lower) else f"[{lower:+.4f}, {upper:+.4f}]"
