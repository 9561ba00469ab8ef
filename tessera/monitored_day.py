"""One day as the monitor sees it: champions, windows, trouble, mix, and the samples of every segment."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from monitoring.mix import MixMeasurement, measure_mix
from monitoring.samples import SegmentSample, plan_windows
from monitoring.seasons import year_before
from monitoring.trouble import Trouble, without_suspects
from monitoring.verdict_table import Compared
from tessera.calibration import load_calibration
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.pinned import PinnedStore
from tessera.reference import Reference, champions_before
from tessera.settings import Settings
from tessera.watched_windows import WatchedWindows, Windows, span_of
from training.registry import Registry
from warehouse.store import Snapshot, Store

CALIBRATION: Final = "drift_calibration"


@dataclass(frozen=True)
class MonitoredDay:
    """Everything that the verdicts of a day are made from.

    ``recorded``: what an earlier run of the day was judged by, which then holds again.
    """

    store: Store
    settings: Settings
    registry: Registry
    as_of: date
    recorded: Reference | None = None

    @cached_property
    def source(self) -> LakeSource:
        """The lake as it was read the first time."""
        return LakeSource(self.store, self.settings, self.recorded.versions if self.recorded else None)

    @cached_property
    def membership(self) -> Membership:
        """The segmentation in force."""
        return Membership(self.store, self.settings, self.source, self.as_of)

    @cached_property
    def champions(self) -> dict[str, date | None]:
        """As of when the champion of every living segment was trained."""
        living = self.membership.segments()
        if self.recorded is None:
            return champions_before(self.store, self.registry, living, self.as_of)
        return {segment: self.recorded.champions.get(segment) for segment in living}

    @cached_property
    def versions(self) -> dict[str, int]:
        """The Delta version of every table that the verdicts are made from."""
        if self.recorded is not None:
            return dict(self.recorded.versions)
        known = {table: snapshot.version for table, snapshot in self.source.snapshots.items()}
        calibrated = self.store.exists(CALIBRATION)
        return known | ({CALIBRATION: self.store.snapshot(CALIBRATION).version} if calibrated else {})

    @cached_property
    def factors(self) -> dict[str, float]:
        """What calibration multiplies every segment's limits by; those of the first judgement of the day."""
        if CALIBRATION not in self.versions:
            return {}
        pinned = PinnedStore(self.store, {CALIBRATION: Snapshot(CALIBRATION, self.versions[CALIBRATION])})
        return load_calibration(pinned, self.as_of)

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong with the data of the current window."""
        return _distinct(t for read in self._watched.values() for t in read.troubles if t.touches(read.windows[1]))

    @cached_property
    def mix(self) -> MixMeasurement:
        """How the make-up of the segments changed over the windows without a champion."""
        windows = plan_windows(self.as_of, self.settings.drift)
        sides = [without_suspects(self.membership.at(window.end), self.troubles) for window in windows]
        frames = [side.rename("segment_id").rename_axis("user_id").reset_index() for side in sides]
        return measure_mix(frames[0], frames[1], self.settings.drift)

    @cached_property
    def samples(self) -> dict[str, SegmentSample]:
        """Every segment's reference and current events, by id."""
        return self._samples(self._watched)

    def year_ago(self, segments: Collection[str]) -> dict[str, SegmentSample]:
        """What ``segments`` did in the same weeks a year ago; of those whose windows lie in the history."""
        asked = {self.champions[segment] for segment in segments}
        before = {trained: self._year_before(trained) for trained in asked}
        held = self.source.span().start
        known = {t: windows for t, windows in before.items() if span_of(windows, self.settings.drift).start >= held}
        return self._samples({trained: self._read(windows) for trained, windows in known.items()})

    def compared(self) -> dict[str, Compared]:
        """What every segment was compared with, for its verdict's row."""
        snapshots = json.dumps(self.versions, sort_keys=True)
        return {segment: self._compared(trained, snapshots) for segment, trained in self.champions.items()}

    @cached_property
    def _watched(self) -> dict[date | None, WatchedWindows]:
        """One reading for every day on which champions were trained."""
        trained = sorted(set(self.champions.values()), key=str)
        return {day: self._read(plan_windows(self.as_of, self.settings.drift, day)) for day in trained}

    def _read(self, windows: Windows) -> WatchedWindows:
        return WatchedWindows.read(self.source, windows, self.settings.drift)

    def _samples(self, watched: dict[date | None, WatchedWindows]) -> dict[str, SegmentSample]:
        drifts = self.mix.drifted
        drawn = {day: read.samples(self.membership, self.settings.drift, drifts) for day, read in watched.items()}
        mine = {s: drawn[day] for s, day in self.champions.items() if day in drawn}
        return {segment: samples[segment] for segment, samples in mine.items() if segment in samples}

    def _year_before(self, trained: date | None) -> Windows:
        reference, current = plan_windows(self.as_of, self.settings.drift, trained)
        return year_before(reference), year_before(current)

    def _compared(self, trained: date | None, snapshots: str) -> Compared:
        window = plan_windows(self.as_of, self.settings.drift, trained)[0]
        champion = f"before the champion as of {trained}" if trained else "without a champion"
        return Compared(f"{window} {champion}", trained, snapshots)


def _distinct(troubles: Iterable[Trouble]) -> tuple[Trouble, ...]:
    # groups read spans of different lengths: the same trouble is found in each of them
    found: dict[tuple[str, str], Trouble] = {}
    for trouble in troubles:
        found.setdefault((trouble.kind, trouble.column), trouble)
    return tuple(found[key] for key in sorted(found))
