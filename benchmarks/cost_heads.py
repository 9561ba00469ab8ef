"""What heads cost: each tuned and proved, all of twenty segments against their parent, and retraining one of them.

Segments are drawn by a hash of the user id: what a head costs does not depend on what its segment means.
"""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.reporting import Cost, measured, say
from benchmarks.scale_10m import settings_for
from benchmarks.scale_lake import scenario, simulated_lake
from interactions.features import rollup
from recommender.source import SourceView
from recommender.spine import Spine
from tessera.lake import LakeSource
from training.backtest import Fold, fit_folds, plan_folds
from training.evaluation import FoldReader
from training.heads import Head
from training.settings import TrainingSettings
from training.task import Challenger, SegmentTask
from warehouse.columns import USER
from warehouse.engine import duckdb_engine
from warehouse.windows import Window

EVENTS, USERS, ITEMS, SEGMENTS = 1_000_000, 50_000, 5_000, 20
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class CountingSource(SourceView):
    """A TrainingSource that counts the rows of events it hands out."""

    rows: list[int] = field(default_factory=list)

    def events(self, window: Window) -> pd.DataFrame:
        """Events of the window, counted."""
        found = self.source.events(window)
        self.rows.append(len(found))
        return found


@dataclass(frozen=True, eq=False)
class Parent:
    """A trained parent with what its heads need."""

    source: CountingSource
    as_of: date
    settings: TrainingSettings
    spine: Spine
    folds: list[Fold]
    cache: Path
    snapshot_id: str
    own: Cost
    windows: Cost

    def reader(self) -> FoldReader:
        """A reader as a task of its own has it: nothing in memory, the windows' frames on disk."""
        return FoldReader(self.source, self.settings.evaluation, self.cache, self.snapshot_id)

    def head(self, segment: str, reader: FoldReader) -> Challenger:
        """One segment's head, tuned on the tuning window and judged on the gate's."""
        task = SegmentTask(
            segment, self.source, self.folds, self.spine, self.assignments, self.as_of, self.settings, reader=reader
        )
        return Head().challenge(task)

    def assignments(self, as_of: date) -> pd.Series:
        """Every known user in one of the segments ``g0`` to ``g19``."""
        users = self.source.users(as_of)[USER].astype(object)
        return pd.Series([f"g{zlib.crc32(str(user).encode()) % SEGMENTS}" for user in users], index=pd.Index(users))


def heads_figures(folder: str | None) -> tuple[list[Row], dict[str, Any]]:
    """Measure on a simulated lake, kept in ``folder`` if one is named."""
    if folder:
        return _figures(Path(folder))
    with tempfile.TemporaryDirectory() as made:
        return _figures(Path(made))


def _figures(folder: Path) -> tuple[list[Row], dict[str, Any]]:
    parent = _parent(folder)
    reader = parent.reader()
    costs = [_timed_head(parent, f"g{number}", reader) for number in range(SEGMENTS)]
    cpu = np.array([cost.cpu_seconds for cost in costs])
    retrained, read = _retrained(parent)
    own, windows = parent.own.cpu_seconds, parent.windows.cpu_seconds
    shares = {"own": cpu.sum() / own, "whole": cpu.sum() / (own + windows)}
    size = f"{EVENTS:,} events, {USERS:,} users, {ITEMS:,} items"
    rows = [
        bounded("a head tuned and proved: the slowest", f"{size}; median {np.median(cpu):.2f} s", float(cpu.max()), 5),
        bounded(f"{SEGMENTS} heads / the parent with its windows", f"{cpu.sum():.1f} s", shares["whole"], 0.5),
        bounded(f"{SEGMENTS} heads / one fit of the spine alone", f"{own:.1f} s", shares["own"], 0.5),
        bounded("one head retrained: event rows read", f"{read['read_mb']:.0f} MB of kept frames", read["rows"], 0),
    ]
    figures = {
        "head_slowest_cpu_seconds": float(cpu.max()),
        "head_median_cpu_seconds": float(np.median(cpu)),
        "head_first_cpu_seconds": float(cpu[0]),
        "heads_cpu_seconds": float(cpu.sum()),
        "heads_of_parent_with_windows": shares["whole"],
        "heads_of_one_spine": shares["own"],
        **parent.own.figures("spine_"),
        **parent.windows.figures("windows_"),
        **retrained.figures("retrained_head_"),
        **{f"retrained_{name}": value for name, value in read.items()},
    }
    return rows, figures


def _parent(folder: Path) -> Parent:
    store = simulated_lake(folder, EVENTS, USERS, ITEMS)
    window = scenario(EVENTS, USERS, ITEMS).window
    rollup(duckdb_engine("2GB", 1), store, list(window))
    settings = settings_for(folder / "home", window.end, threads=1)
    lake, training = LakeSource(store, settings), settings.training
    source = CountingSource(lake)
    for fold in plan_folds(window.end, training.backtest, lake.span()):
        for day in (fold.cutoff, fold.cutoff - timedelta(days=training.spine.label_days), window.end):
            lake.users(day)  # kept: what features cost has a benchmark of its own
    say("features are ready")
    spine, own = measured(lambda: Spine.fit(source, window.end, training.spine))
    say(f"the spine took {own.cpu_seconds:.1f} s")
    with tempfile.TemporaryDirectory() as kept:
        folds, windows = measured(lambda: fit_folds(source, window.end, training, Path(kept), say))
    cache = folder / "home" / "cache" / "folds"
    return Parent(source, window.end, training, spine, folds, cache, lake.data_hash, own, windows)


def _timed_head(parent: Parent, segment: str, reader: FoldReader) -> Cost:
    _, cost = measured(lambda: parent.head(segment, reader))
    say(f"head of {segment}: {cost.cpu_seconds:.2f} s")
    return cost


def _retrained(parent: Parent) -> tuple[Cost, dict[str, Any]]:
    """Train one head again with nothing in memory; event rows and bytes that were read for it."""
    handed, before = len(parent.source.rows), _bytes_read()
    _, cost = measured(lambda: parent.head("g0", parent.reader()))
    rows = sum(parent.source.rows[handed:])
    return cost, {"rows": rows, "read_mb": (_bytes_read() - before) / 2**20}


def _bytes_read() -> int:
    """Bytes that this process has read from files so far, cached by the system or not; 0 where Linux does not tell."""
    file = Path("/proc/self/io")
    return int(file.read_text().split("rchar: ")[1].split()[0]) if file.exists() else 0


def bounded(what: str, how: str, found: float, bound: float) -> Row:
    """A figure beside the most that it should be."""
    return {"what": what, "how": how, "found": found, "bound": bound, "kept": "yes" if found <= bound else "NO"}
