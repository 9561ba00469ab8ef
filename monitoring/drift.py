"""One Evidently report per segment, by named methods, held against the segment's own noise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.coding import Coded, code
from monitoring.measurement import DriftRow, Limits, SegmentMeasurement, Sizes
from monitoring.noise import Units, draw_units, noise_floor
from monitoring.samples import BLOCK, SegmentSample
from monitoring.settings import ColumnRule, DriftSettings
from monitoring.unplotted import unplotted_drift
from monitoring.usable import usable_columns
from warehouse import columns as c

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Evidently adds categories up in the order of a set, another in every process: the last bits are chance
DIGITS = 12


def measure(
    reference: pd.DataFrame, current: pd.DataFrame, settings: DriftSettings, segments: int = 1, factor: float = 1.0
) -> SegmentMeasurement:
    """Compare one segment's two samples (frames from `monitoring.samples.draw`), column by column.

    ``segments`` is how many segments are judged together: the more there are, the further a column must move before
    chance is ruled out. ``factor`` is the segment's calibration: what chance and the reference's own weeks explain is
    multiplied by it. Columns that came, went, stopped being constant or filled with nulls are named in
    ``troubles`` and not compared; those empty on both sides are not spoken of. Too few rows or users: no rows.
    """
    sizes = _sizes(reference, current)
    usable, troubles = usable_columns(reference, current, settings) if _enough(sizes, settings) else ([], ())
    if not usable:
        return SegmentMeasurement((), sizes, troubles)
    units = _units(reference, current, settings)
    alpha = settings.alpha / (segments * len(usable))
    coded = {r.name: code(reference[r.name], current[r.name], r, settings.categories) for r in usable}
    limits = {r.name: _limits(coded[r.name], units, r, settings, alpha, len(current)).scaled(factor) for r in usable}
    snapshot, distances = _evidently(usable, coded, limits)
    rows = tuple(_row(r, coded[r.name], limits[r.name], distances[r.name]) for r in usable)
    return SegmentMeasurement(rows, sizes, troubles, snapshot)


def measure_all(
    samples: Mapping[str, SegmentSample], settings: DriftSettings, factors: Mapping[str, float] | None = None
) -> dict[str, SegmentMeasurement]:
    """Every segment in one process (Evidently's import alone takes seven CPU seconds), in the order of their ids.

    ``factors``: the calibration by segment id; 1 for those that it does not name.
    """
    known = factors or {}
    return {
        s: measure(samples[s].reference, samples[s].current, settings, len(samples), known.get(s, 1.0))
        for s in sorted(samples)
    }


def _sizes(reference: pd.DataFrame, current: pd.DataFrame) -> Sizes:
    return Sizes(len(reference), len(current), reference[c.USER].nunique(), current[c.USER].nunique())


def _enough(sizes: Sizes, s: DriftSettings) -> bool:
    rows = sizes.rows_reference >= s.min_rows_reference and sizes.rows_current >= s.min_rows_current
    return rows and min(sizes.users_reference, sizes.users_current) >= s.min_users


def _units(reference: pd.DataFrame, current: pd.DataFrame, settings: DriftSettings) -> Units:
    blocks = _blocks(reference)
    now = pd.DataFrame({c.USER: current[c.USER].to_numpy(), BLOCK: _blocks(current)}).drop_duplicates()
    return draw_units(reference[c.USER].to_numpy(dtype=object), blocks, len(now), settings)


def _blocks(side: pd.DataFrame) -> NDArray[np.int64]:
    return side[BLOCK].to_numpy(dtype=np.int64) if BLOCK in side else np.zeros(len(side), dtype=np.int64)


def _limits(coded: Coded, units: Units, rule: ColumnRule, s: DriftSettings, alpha: float, rows: int) -> Limits:
    noise = noise_floor(coded.codes, coded.present, units, rule, rows)
    return Limits(rule.threshold, noise.ceiling(alpha), s.block_margin * noise.blocks)


def _evidently(
    rules: list[ColumnRule], coded: Mapping[str, Coded], limits: Mapping[str, Limits]
) -> tuple[Any, dict[str, float]]:
    os.environ.setdefault("DO_NOT_TRACK", "1")  # Evidently reads it when imported: no telemetry from a batch job
    from evidently.metrics import ValueDrift

    snapshot, distances = _reported(rules, coded, limits, unplotted_drift())
    if any(distances[name] > limit.threshold for name, limit in limits.items()):
        # somebody will look at this one
        return _reported(rules, coded, limits, ValueDrift)
    return snapshot, distances


def _reported(
    rules: list[ColumnRule], coded: Mapping[str, Coded], limits: Mapping[str, Limits], metric: type[Any]
) -> tuple[Any, dict[str, float]]:
    from evidently import DataDefinition, Dataset, Report

    definition = DataDefinition(
        numerical_columns=[r.name for r in rules if r.kind == "numerical"],
        categorical_columns=[r.name for r in rules if r.kind == "categorical"],
    )
    reference, current = (
        Dataset.from_pandas(pd.DataFrame({name: getattr(x, side) for name, x in coded.items()}), definition)
        for side in ("reference", "current")
    )
    metrics = [metric(column=r.name, method=r.method, threshold=limits[r.name].threshold) for r in rules]
    # current comes first in Evidently; a fixed time, as a snapshot must not depend on when it was measured
    snapshot = Report(metrics, include_tests=True).run(current, reference, timestamp=EPOCH)
    return snapshot, {m["config"]["column"]: round(float(m["value"]), DIGITS) for m in snapshot.dict()["metrics"]}


def _row(rule: ColumnRule, x: Coded, limits: Limits, distance: float) -> DriftRow:
    return DriftRow(
        rule.name, rule.method, distance, limits, x.subject, x.before, x.after, movers=x.movers, shift=x.shift
    )
