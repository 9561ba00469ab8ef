"""A reference and a current window read from the lake, without what is broken in them, and cut by segment."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from monitoring.movers import without_movers
from monitoring.popularity import with_popularity
from monitoring.samples import SegmentSample, segment_samples
from monitoring.settings import DriftSettings
from monitoring.trouble import Trouble, find_troubles, without_suspects, without_trouble
from tessera.lake import LakeSource
from tessera.membership import Membership
from warehouse.windows import Window

Windows = tuple[Window, Window]


@dataclass(frozen=True, eq=False)
class WatchedWindows:
    """Both windows' events with popularity, and what was wrong with the days that were read for them."""

    windows: Windows
    events: pd.DataFrame
    troubles: tuple[Trouble, ...]

    @classmethod
    def read(cls, source: LakeSource, windows: Windows, settings: DriftSettings) -> WatchedWindows:
        """Find trouble in the events, leave it out, and rank what is left by popularity."""
        span = span_of(windows, settings)
        events = source.watched(span)
        troubles = find_troubles(events, span, settings.trouble)
        return cls(windows, with_popularity(without_trouble(events, troubles), windows, settings), troubles)

    def samples(
        self, people: Membership, settings: DriftSettings, mix_drifts: bool = False
    ) -> dict[str, SegmentSample]:
        """Per segment its sample of both windows; while the mix drifts, of those who stayed."""
        before, after = (without_suspects(people.at(window.end), self.troubles) for window in self.windows)
        assigned = without_movers((before, after)) if mix_drifts else (before, after)
        return segment_samples(self.events, self.windows, assigned, settings)


def span_of(windows: Windows, settings: DriftSettings) -> Window:
    """All days that are read: popularity is what came before, so reading begins one reference window earlier."""
    return Window(Window.trailing(windows[0].start, settings.reference_days).start, windows[1].end)
