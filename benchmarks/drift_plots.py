"""The pictures of docs/drift.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drift_year import SHARES, WatchedYear

# users a week from, below, colour (ordered: one hue), and which point of the curve its name stands beside, how far off
SIZES = (
    (20, 35, "#6baed6", 5, (6, -12)),
    (35, 60, "#2171b5", 3, (8, -10)),
    (60, 10_000, "#08306b", 2, (-96, 4)),
)


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
    for low, high, colour, place, off in SIZES:
        inside = [row for row in rows if low <= row["users a week"] < high]
        if inside:
            curve = np.mean([[row[f"{share:.0%}"] for share in SHARES] for row in inside], axis=0)
            people = f"{low} to {high - 1}" if high < 10_000 else f"{low} and more"
            axes.plot(shares * 100, curve, color=colour, marker="o", markersize=4, linewidth=2)
            axes.annotate(f"{people} users", (shares[place] * 100, curve[place]), off, **_small(colour))
    axes.axhline(0.95, color="#999999", linewidth=0.8, linestyle="--")
    axes.set(xlabel="% of the segment's events as other people's", ylabel="share of weeks that alarm", ylim=(0, 1.03))
    axes.set_title("Power in the first whole window", loc="left", fontsize=10)
    _plain(axes)


def _draw_delay(axes: Any, rows: list[dict[str, Any]]) -> None:
    shares = [row["share of events shifted"] * 100 for row in rows]
    axes.plot(shares, [row["median days"] for row in rows], color="#08306b", marker="o", markersize=4, linewidth=2)
    axes.plot(shares, [row["90 % within days"] for row in rows], color="#4292c6", marker="o", markersize=4, linewidth=2)
    axes.annotate("median", (shares[-2], rows[-2]["median days"]), (-40, -14), **_small("#08306b"))
    axes.annotate("90 % are seen by then", (shares[-2], rows[-2]["90 % within days"]), (-40, 8), **_small("#4292c6"))
    axes.set(xlabel="% of the segment's events as other people's", ylabel="days", ylim=(0, None))
    axes.set_title("Days to the alarm, where it is seen", loc="left", fontsize=10)
    _plain(axes)


def _small(colour: str) -> dict[str, Any]:
    return {"textcoords": "offset points", "fontsize": 8, "color": colour}


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
