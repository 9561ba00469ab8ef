"""What an alarm does to quality and business, in figures before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from monitoring.alerts import Effect
from warehouse import columns as c
from warehouse.windows import Window


@dataclass(frozen=True)
class _Figure:
    """A ratio of daily sums: ``top`` over ``bottom`` (over the days, where that is empty)."""

    label: str
    top: str
    bottom: str
    shown: str

    def of(self, days: pd.DataFrame, length: int) -> float:
        below = float(days[self.bottom].sum()) if self.bottom else float(length)
        return float(days[self.top].sum()) / below if below else 0.0

    def text(self, value: float) -> str:
        return self.shown.format(value)


_FIGURES: Final = (
    _Figure("Active users a day", "active_users", "", "{:,.0f}"),
    _Figure("Conversion (buyers of active users a day)", "buyers", "active_users", "{:.2%}"),
    _Figure("Revenue an active user and day", "revenue", "active_users", "{:,.2f}"),
)


def kpi_effects(daily: pd.DataFrame, reference: Window, current: Window) -> tuple[Effect, ...]:
    """The key figures of one segment in the current window against the reference.

    ``daily`` is `monitoring.kpis.daily_kpis` of that segment. The note gives the range over stretches of the reference
    as long as the current window; a figure is *worse* when it lies below that range by more than half of its width.
    Figures that are zero on both sides are left out.
    """
    stretches = _stretches(reference, current.length)
    made = [_kpi(figure, daily, reference, current, stretches) for figure in _FIGURES]
    return tuple(effect for effect in made if effect is not None)


def quality_effect(row: Mapping[str, Any]) -> Effect | None:
    """The ranking quality of what was served, a row of ``quality_measurements``; ``None``: too little to tell."""
    if not row["enough"] or pd.isna(row["served"]):
        return None
    before = "" if pd.isna(row["holdout"]) else f"{row['holdout']:.4f} at its holdout"
    against = f"parent {row['parent']:.4f} on the same {int(row['users']):,} users"
    interval = f", difference {row['difference']:+.4f} ({row['lower']:+.4f} to {row['upper']:+.4f})"
    note = against + interval if pd.notna(row["difference"]) else ""
    return Effect(f"{row['metric']} of what was served", before, f"{row['served']:.4f}", note, bool(row["fallen"]))


def _kpi(
    figure: _Figure, daily: pd.DataFrame, reference: Window, current: Window, stretches: list[Window]
) -> Effect | None:
    before, after = (figure.of(_inside(daily, window), window.length) for window in (reference, current))
    if not (before or after):
        return None
    parts = [figure.of(_inside(daily, window), window.length) for window in stretches]
    low, high = min(parts), max(parts)
    change = f" ({after / before - 1:+.0%})".replace("-", "−") if before else ""
    period = "weeks" if current.length == 7 else f"periods of {current.length} days"
    note = f"{figure.text(low)} to {figure.text(high)} in the {len(parts)} {period} before"
    worse = after < low - (high - low) / 2
    return Effect(figure.label, figure.text(before), figure.text(after) + change, note, worse)


def _inside(daily: pd.DataFrame, window: Window) -> pd.DataFrame:
    return daily[(daily[c.DATE] >= window.start) & (daily[c.DATE] < window.end)]


def _stretches(reference: Window, length: int) -> list[Window]:
    whole = [block for block in reference.blocks(length) if block.length == length]
    return whole or [reference]
