"""The pictures kept with a model's run: gate by window, tuning trace, metric by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.decision import Decision

_PARENT, _MODEL = "#8a8f98", "#2f6fde"
_VERDICT_COLOURS = {"serves": "#2c8a4b", "falls_back": "#b5472f", "not_enough_evidence": _PARENT}


@dataclass(frozen=True)
class SegmentMetric:
    """One bar of the metric by segment: its mean and the bounds of that mean."""

    segment: str
    users: int
    mean: float
    lower: float
    upper: float


def gate_intervals(decision: Decision, path: Path) -> Path:
    """The difference to the parent in every gate window and overall, with intervals and the margin."""
    labels = [f"{row.window}\n{row.users:,} users" for row in decision.by_window] + ["all windows"]
    rows = [(w.difference, w.lower, w.upper) for w in decision.by_window]
    rows.append((decision.difference, decision.lower, decision.upper))
    figure, axes = _canvas(height=1.2 + 0.6 * len(rows))
    for place, (middle, lower, upper) in enumerate(reversed(rows)):
        colour = _VERDICT_COLOURS[decision.verdict] if place == 0 else _MODEL
        axes.errorbar([middle], [place], xerr=_arms(middle, lower, upper), fmt="o", color=colour, capsize=4, lw=2)
    axes.axvline(0, color=_PARENT, lw=1)
    axes.axvline(decision.margin, color=_PARENT, lw=1, ls="--")
    axes.set_yticks(range(len(rows)), reversed(labels))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel(f"difference of {decision.metric.upper()} to the parent (dashed: margin)")
    axes.set_title(f"Gate: {decision.verdict.replace('_', ' ')}")
    return _write(figure, path)


def tuning_trace(trace: Sequence[float], parent: float, path: Path) -> Path:
    """The metric on the tuning windows of every trial, the best so far, and the parent's."""
    figure, axes = _canvas()
    trials = range(1, len(trace) + 1)
    axes.plot(trials, trace, "o", ms=3, color=_PARENT, label="trial")
    if trace:
        axes.step(trials, np.maximum.accumulate(trace), where="post", color=_MODEL, lw=2, label="best so far")
    axes.axhline(parent, color=_PARENT, ls="--", lw=1, label="parent")
    axes.set_xlabel("trial")
    axes.set_ylabel("NDCG@10 on the tuning windows")
    axes.set_title("Learning curve of the tuning")
    axes.legend(frameon=False)
    return _write(figure, path)


def metric_by_segment(rows: Sequence[SegmentMetric], path: Path, metric: str = "NDCG@10") -> Path:
    """The metric of one model for every segment's users, with intervals."""
    figure, axes = _canvas(height=1.2 + 0.4 * max(len(rows), 1))
    for place, row in enumerate(reversed(rows)):
        arms = _arms(row.mean, row.lower, row.upper)
        axes.errorbar([row.mean], [place], xerr=arms, fmt="o", color=_MODEL, capsize=4, lw=2)
    axes.set_yticks(range(len(rows)), [f"{row.segment} ({row.users:,})" for row in reversed(rows)])
    axes.set_xlabel(metric)
    axes.set_title(f"{metric} by segment (evaluated user-windows)")
    return _write(figure, path)


def _arms(middle: float, lower: float, upper: float) -> list[list[float]]:
    arms = np.nan_to_num([middle - lower, upper - middle], nan=0.0, posinf=0.0, neginf=0.0)
    return [[max(0.0, float(arm))] for arm in arms]


def _canvas(height: float = 3.6) -> tuple[Any, Any]:
    # never pyplot: it keeps global state and picks a backend
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _write(figure: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return path
