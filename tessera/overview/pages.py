"""The pages as HTML: rendered here, sent by Airflow's web server."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tessera.links import Links
from tessera.overview import charts
from tessera.overview.lines import Overview, SegmentLine, overview, reason_of
from tessera.overview.rights import Rights
from tessera.overview.segment_view import segment_view
from tessera.overview.serving_state import RegistryWatch
from tessera.overview.tables import Row, Tables
from tessera.settings import Settings
from warehouse.store import Store

if TYPE_CHECKING:
    from jinja2 import Environment

ROWS = 50
SHOWN = {
    "all": "All",
    "alarm": "Alarm",
    "own": "Own model serves",
}
ASSETS = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
_HERE = Path(__file__).parent


class UnknownSegmentError(LookupError):
    """The page of a segment was asked for that does not live."""


@dataclass(frozen=True)
class Selection:
    """Which lines a person wants to see: ``text`` in id or name, ``show`` one of ``SHOWN``, a page from 1."""

    text: str = ""
    show: str = "all"
    page: int = 1

    def of(self, lines: Sequence[SegmentLine]) -> list[SegmentLine]:
        """The lines that match, on all pages."""
        wanted = self.text.strip().casefold()
        return [line for line in lines if wanted in f"{line.segment_id} {line.name}".casefold() and self._shows(line)]

    def _shows(self, line: SegmentLine) -> bool:
        return {"alarm": line.alarmed, "own": line.own}.get(self.show, True)


class Pages:
    """The page of all segments and the page of each, over the lake and the registry that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tables = Tables(Store(settings.lake))
        self._registry = RegistryWatch(settings.mlflow_uri)

    def overview(self, rights: Rights, selection: Selection, base: str = "") -> str:
        """All segments as HTML; ``base`` is what Airflow's own addresses begin with."""
        found = self._overview()
        lines = selection.of(found.lines)
        last = max(1, math.ceil(len(lines) / ROWS))
        page = min(max(1, selection.page), last)
        return self._render(
            "overview.html",
            rights,
            base,
            found,
            lines=lines[(page - 1) * ROWS : page * ROWS],
            matching=len(lines),
            selection=selection,
            page=page,
            pages=last,
            shown=SHOWN,
            reach=_reach(line.decision for line in found.lines),
        )

    def segment(self, segment_id: str, rights: Rights, base: str = "") -> str:
        """One segment as HTML.

        Raises:
            UnknownSegmentError: it does not live.
        """
        found = self._overview()
        line = found.line(segment_id)
        if line is None:
            raise UnknownSegmentError(f"no segment '{segment_id}' lives as of {found.as_of}")
        view = segment_view(self._tables, line)
        names = {other.segment_id: other.name for other in found.lines}
        return self._render(
            "segment.html",
            rights,
            base,
            found,
            view=view,
            line=line,
            names=names,
            reach=_reach(view.decisions),
            spread=max((abs(trait["band_z"]) for trait in view.traits), default=1.0),
        )

    def asset(self, name: str) -> tuple[str, str]:
        """The text of a style sheet or script and its media type.

        Raises:
            KeyError: there is none of that name.
        """
        kind = ASSETS[name]
        return (_HERE / "static" / name).read_text(encoding="utf-8"), kind

    def _overview(self) -> Overview:
        return overview(self._tables, self._settings, self._registry.state())

    def _render(self, template: str, rights: Rights, base: str, found: Overview, **values: Any) -> str:
        links = Links(self._settings)
        shared = {"rights": rights, "base": base, "found": found, "links": links, "charts": charts}
        return self._templates.get_template(template).render(**shared, **values)

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        folder = FileSystemLoader(_HERE / "templates")
        made = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        made.filters |= {"signed": _signed, "percent": _percent, "words": _words, "because": reason_of}
        made.globals |= {"ticks": _ticks, "measured": _measured}
        return made


def _reach(decisions: Any) -> float:
    """How far the axis of differences goes: the furthest bound of all."""
    bounds = [abs(row[side]) for row in decisions if _measured(row) for side in ("lower", "upper", "difference")]
    return max(bounds, default=0.0)


def _measured(decision: Any) -> bool:
    """Whether a decision has an interval to draw."""
    sides = [decision.get(side) for side in ("lower", "difference", "upper")]
    return all(value is not None and math.isfinite(value) for value in sides)


def _ticks(verdicts: Sequence[Row]) -> list[charts.Tick]:
    return [
        charts.Tick(
            kind=row["verdict"],
            height=0.2 + 0.8 * (row["share_drifted"] or 0.0),
            label=f"{row['as_of']}: {_words(row['verdict'])}",
        )
        for row in verdicts
    ]


def _signed(value: float | None, places: int = 4) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:+.{places}f}".replace("-", "−")


def _percent(value: float, places: int = 0) -> str:
    return "–" if not math.isfinite(value) else f"{value:+.{places}%}".replace("-", "−")


def _words(text: str | None) -> str:
    return (text or "").replace("_", " ")
