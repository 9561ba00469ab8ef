"""A floor under the diversity of a segment's lists: a model below it is proved better and still does not serve."""

from __future__ import annotations

from dataclasses import replace

from training.decision import Decision


def above_floor(decision: Decision, diversity: float | None, floor: float) -> Decision:
    """``decision``, turned into *falls back* where the challenger's lists are less diverse than ``floor``.

    Args:
        decision: the gate's.
        diversity: the mean over gate windows of the challenger's lists, ``None`` where no categories are known.
        floor: 0 (any) to 1.
    """
    if floor <= 0 or not decision.serves or (diversity is not None and diversity >= floor):
        return decision
    found = "could not be measured (no categories are known)" if diversity is None else f"is {diversity:.3f}"
    reason = f"Held back: the diversity of its lists {found}, this segment's floor is {floor:.3f}. {decision.reason}"
    return replace(decision, verdict="falls_back", reason=reason)
