"""The pictures of docs/drift.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drift_year import SHARES, WatchedYear

# users a week from, below, colour (ordered: one hue)
SIZES = ((60, 10_000, "#08306b"), (35, 60, "#2171b5"), (20, 35, "#6baed6"))
_DELAYS = (("90 % within days", "#4292c6", "90 % are seen by then"), ("median days", "#08306b", "median"))
_LINE: dict[str, Any] = {"marker": "o", "markersize": 4, "linewidth": 2}


def draw(year: WatchedYear, folder: Path) -> None:
    """Write ``drift-power.png`` into ``folder``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    _draw_power(left, year.power)
    _draw_delay(right, year.delays)
    figure.savefig(folder / "drift-power.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def _draw_power(axes: Any, rows: list[dict[str, Any]]) -> None:
    shares = np.array(SHARES)
    for low, high, colour in SIZES:
        inside = [row for row in rows if low <= row["users a week"] < high]
        if inside:
            curve = np.mean([[row[f"{share:.0%}"] for share in SHARES] for row in inside], axis=0)
            people = f"{low} to {high - 1}" if high < 10_000 else f"{low} and more"
            axes.plot(shares * 100, curve, color=colour, label=f"{people} users a week ({len(inside)})", **_LINE)
    axes.axhline(0.95, color="#999999", linewidth=0.8, linestyle="--")
    axes.set(xlabel="% of the segment's events as other people's", ylabel="share of weeks that alarm", ylim=(0, 1.03))
    axes.set_title("Power in the first whole window", loc="left", fontsize=10)
    _plain(axes)


def _draw_delay(axes: Any, rows: list[dict[str, Any]]) -> None:
    shares = [row["share of events shifted"] * 100 for row in rows]
    for name, colour, words in _DELAYS:
        axes.plot(shares, [row[name] for row in rows], color=colour, label=words, **_LINE)
    axes.set(xlabel="% of the segment's events as other people's", ylabel="days", ylim=(0, None))
    axes.set_title("Days to the alarm, where it is seen", loc="left", fontsize=10)
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
