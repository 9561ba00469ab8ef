"""Small pictures as inline SVG: no script, no style attribute, colours by class so that light and dark both work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT, PAD = 120.0, 28.0, 3.0


@dataclass(frozen=True)
class Tick:
    """One day of a strip: ``kind`` is its class (the verdict), ``height`` 0 to 1, ``label`` what it says."""

    kind: str
    height: float
    label: str


def sparkline(values: Sequence[float], label: str) -> Markup:
    """A line through ``values``, oldest first, from the least to the largest; one value is a dot."""
    if not values:
        return Markup("")
    low, high = min(values), max(values)
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)
    points = [(PAD + n * step, _level(value, low, high)) for n, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    drawn = f'<polyline class="line" points="{line}"/><circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>'
    return _svg("spark", label, drawn)


def strip(ticks: Sequence[Tick], label: str) -> Markup:
    """One bar a day, oldest first."""
    if not ticks:
        return Markup("")
    step = min((WIDTH - 2 * PAD) / len(ticks), 8.0)
    bars = [_bar(tick, PAD + n * step, max(step - 1.2, 0.8)) for n, tick in enumerate(ticks)]
    return _svg("strip", label, "".join(bars))


def interval(lower: float, difference: float, upper: float, reach: float, label: str) -> Markup:
    """A point with its interval on an axis from ``-reach`` to ``reach``, with zero marked."""

    def place(value: float) -> float:
        bounded = max(-1.0, min(1.0, value / reach)) if reach > 0 else 0.0
        return WIDTH / 2 + bounded * (WIDTH / 2 - PAD)

    middle = HEIGHT / 2
    kind = "up" if lower > 0 else "down" if upper < 0 else "even"
    drawn = (
        f'<line class="zero" x1="{WIDTH / 2}" x2="{WIDTH / 2}" y1="4" y2="{HEIGHT - 4}"/>'
        f'<line class="range {kind}" x1="{place(lower):.1f}" x2="{place(upper):.1f}" y1="{middle}" y2="{middle}"/>'
        f'<circle class="point {kind}" cx="{place(difference):.1f}" cy="{middle}" r="3"/>'
    )
    return _svg("interval", label, drawn)


def limited(values: Sequence[float], label: str, most: float = 2.0) -> Markup:
    """A line of values in units of their limit (1), which is drawn; above ``most`` they are cut off."""
    if not values:
        return Markup("")
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)
    points = [(PAD + n * step, _level(min(value, most), 0.0, most)) for n, value in enumerate(values)]
    limit = _level(1.0, 0.0, most)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    beyond = [f'<circle class="over" cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in points if y < limit]
    drawn = f'<line class="limit" x1="{PAD}" x2="{WIDTH - PAD}" y1="{limit:.1f}" y2="{limit:.1f}"/>'
    return _svg("limited", label, f'{drawn}<polyline class="line" points="{line}"/>{"".join(beyond)}')


def bar(value: float, reach: float, label: str) -> Markup:
    """A bar to the right (above) or to the left (below) of the middle."""
    length = min(abs(value) / reach, 1.0) * (WIDTH / 2 - PAD) if reach > 0 else 0.0
    start = WIDTH / 2 if value >= 0 else WIDTH / 2 - length
    kind = "up" if value >= 0 else "down"
    drawn = (
        f'<rect class="{kind}" x="{start:.1f}" y="8" width="{length:.1f}" height="{HEIGHT - 16}" rx="1.5"/>'
        f'<line class="zero" x1="{WIDTH / 2}" x2="{WIDTH / 2}" y1="4" y2="{HEIGHT - 4}"/>'
    )
    return _svg("bar", label, drawn)


def _bar(tick: Tick, x: float, width: float) -> str:
    height = max(min(tick.height, 1.0) * (HEIGHT - 2 * PAD), 3.0)
    shape = f'x="{x:.1f}" y="{HEIGHT - PAD - height:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{escape(tick.kind)}" {shape}><title>{escape(tick.label)}</title></rect>'


def _level(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - PAD - share * (HEIGHT - 2 * PAD)


def _svg(kind: str, label: str, drawn: str) -> Markup:
    # numbers and escaped text only went into what is drawn
    return Markup(  # noqa: S704
        f'<svg class="chart {kind}" role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
        f'width="{WIDTH:.0f}" height="{HEIGHT:.0f}">{drawn}</svg>'
    )
