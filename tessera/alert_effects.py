"""What the day's alarms do to quality and key figures, read from the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitoring.alerts import Effect
from monitoring.effects import kpi_effects, quality_effect
from monitoring.kpis import daily_kpis
from monitoring.samples import plan_windows
from tessera.lake import LakeSource
from tessera.monitor import MIX
from tessera.settings import Settings
from warehouse.store import Store
from warehouse.windows import Window


@dataclass(frozen=True)
class AlertEffects:
    """Figures before and after, for the segments that are written about."""

    store: Store
    settings: Settings
    as_of: date

    def of(self, segments: Sequence[str]) -> dict[str, tuple[Effect, ...]]:
        """Quality first, then key figures; a segment about which nothing is known has none."""
        if not segments:
            return {}
        quality, figures = self._quality(), self._figures(segments)
        return {s: (*quality.get(s, ()), *figures.get(s, ())) for s in segments}

    def _quality(self) -> dict[str, tuple[Effect, ...]]:
        if not self.store.exists("quality_measurements"):
            return {}
        rows = self.store.frame("quality_measurements", window=Window.day(self.as_of)).to_dict("records")
        known = {str(row["segment_id"]): quality_effect({str(k): v for k, v in row.items()}) for row in rows}
        return {segment: (effect,) for segment, effect in known.items() if effect is not None}

    def _figures(self, segments: Sequence[str]) -> dict[str, tuple[Effect, ...]]:
        """Of the users who belong to each segment now, in the windows right before the day."""
        assigned = self.store.newest_date("segment_assignments", self.as_of)
        if assigned is None:
            return {}
        people = self.store.frame("segment_assignments", window=Window.day(assigned), columns=["user_id", "segment_id"])
        belongs = people.set_index("user_id")["segment_id"]
        reference, current = plan_windows(self.as_of, self.settings.drift)
        events = LakeSource(self.store, self.settings).watched(Window(reference.start, current.end))
        found = {}
        for segment in segments:
            mine = belongs.where(belongs == segment).dropna() if segment != MIX else belongs.map(lambda _: MIX)
            found[segment] = kpi_effects(daily_kpis(events, mine), reference, current)
        return found
