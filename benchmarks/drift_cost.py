"""What a day of drift checks costs: 100 segments × 20 columns × 10,000 sampled rows, and Evidently's preset beside it.

    python -m benchmarks.drift_cost [segments]

A process of its own, so that its CPU seconds are the imports and the measuring. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.reporting import Cost, measured, say
from monitoring.drift import measure
from monitoring.samples import BLOCK, SegmentSample, draw
from monitoring.settings import ColumnRule, DriftSettings
from warehouse import columns as c
from warehouse.windows import Window

SEGMENTS = 100
ROWS = 10_000
BEHIND = 1_000_000
USERS = 1_000
CATEGORIES = tuple(ColumnRule(f"category {n}", "categorical", 0.1) for n in range(10))
NUMBERS = tuple(ColumnRule(f"number {n}", "numerical", 0.2, "log" if n % 2 else "plain") for n in range(10))
SETTINGS = DriftSettings(columns=CATEGORIES + NUMBERS)
JUNE = Window.parse("2026-06-01", "2026-06-29")


@dataclass(frozen=True)
class DriftCost:
    """CPU seconds: of everything since the process began until the last segment was measured, and of the rivals."""

    segments: int
    cpu_seconds: float
    preset_cpu_seconds: float
    sampling_cpu_seconds: float

    def rows(self) -> list[dict[str, Any]]:
        """The table."""
        each, preset = self.cpu_seconds / self.segments, self.preset_cpu_seconds
        return [
            {"what": f"{self.segments} segments, imports included", "CPU seconds": self.cpu_seconds, "a segment": each},
            {"what": "Evidently's drift preset", "CPU seconds": preset * self.segments, "a segment": preset},
            {"what": f"sampling out of {BEHIND:,} rows", "CPU seconds": self.sampling_cpu_seconds, "a segment": None},
        ]


def main() -> None:
    """Measure and print."""
    found = drift_cost(int(sys.argv[1]) if len(sys.argv) > 1 else SEGMENTS)
    print(json.dumps(asdict(found)))


def drift_cost(segments: int = SEGMENTS) -> DriftCost:
    """Measure; the preset on three segments, whose mean stands for all (its first use is left out)."""
    parts, made = measured(lambda: [_sample(n) for n in range(4)])
    for n in range(segments):
        sample = parts[n % len(parts)]
        measure(sample.reference, sample.current, SETTINGS, segments)
    # all that this process did, its imports too, but for making up the events
    ours = _spent() - made.cpu_seconds
    say(f"{segments} segments measured in {ours:.0f} CPU seconds")
    _preset(parts[0])
    preset = [measured(partial(_preset, part))[1].cpu_seconds for part in parts[1:]]
    many = _events(BEHIND, 99, 4)
    sampling = _sampling(many)
    say(f"sampled out of {BEHIND:,} rows")
    return DriftCost(segments, ours, float(np.mean(preset)), sampling.cpu_seconds)


def _sampling(many: pd.DataFrame) -> Cost:
    sampled, cost = measured(lambda: draw(many, JUNE, SETTINGS))
    if len(sampled) != ROWS:
        raise AssertionError(f"expected {ROWS} sampled rows; found {len(sampled)}")
    return cost


def _preset(sample: SegmentSample) -> None:
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    definition = DataDefinition(
        numerical_columns=[rule.name for rule in NUMBERS], categorical_columns=[rule.name for rule in CATEGORIES]
    )
    names = [rule.name for rule in SETTINGS.columns]
    sides = [Dataset.from_pandas(side[names], definition) for side in (sample.current, sample.reference)]
    Report([DataDriftPreset()], include_tests=True).run(*sides).dict()


def _sample(seed: int) -> SegmentSample:
    return SegmentSample(_events(ROWS, 2 * seed, 4), _events(ROWS, 2 * seed + 1, 1))


def _events(rows: int, seed: int, blocks: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    users = max(USERS, rows // 50)
    seconds = rng.integers(0, JUNE.length * 86_400, rows)
    words = np.array([f"value {n}" for n in range(12)], dtype=object)
    frame = {
        c.EVENT: np.char.add(f"{seed}-", np.arange(rows).astype(str)).astype(object),
        c.USER: np.char.add("u", rng.integers(0, users, rows).astype(str)).astype(object),
        c.TS: pd.Timestamp(JUNE.start_ts) + pd.to_timedelta(seconds, unit="s"),
        BLOCK: rng.integers(0, blocks, rows),
    }
    frame |= {rule.name: words[rng.integers(0, len(words), rows)] for rule in CATEGORIES}
    frame |= {rule.name: rng.lognormal(1, 1, rows) for rule in NUMBERS}
    return pd.DataFrame(frame)


def _spent() -> float:
    used = os.times()
    return used.user + used.system


if __name__ == "__main__":
    main()
