"""From a segment's events to its past in counts; all segments over the same levels, so that they can be mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from monitoring.calibration.history import DAYS_BACK
from monitoring.calibration.past import ColumnPast, Ints, Past
from monitoring.coding import code
from monitoring.distances import Floats
from monitoring.levels import Levels
from monitoring.noise import draw_units, noise_floor
from monitoring.samples import BLOCK
from monitoring.settings import ColumnRule, DriftSettings
from monitoring.usable import usable_columns
from warehouse import columns as c


def count_pasts(samples: Mapping[str, pd.DataFrame], settings: DriftSettings) -> dict[str, Past]:
    """The past of every segment that has blocks and rows enough to be replayed.

    ``samples``: segment id to its events, from `monitoring.calibration.history.history_samples`.
    """
    whole = pd.concat([samples[s] for s in sorted(samples)], ignore_index=True)
    rules = usable_columns(whole, whole, settings)[0] if len(whole) else []
    coded = [_coded(whole, rule, settings) for rule in rules]
    alpha = settings.alpha / max(len(samples) * len(rules), 1)
    start, pasts = 0, {}
    for s in sorted(samples):
        rows = slice(start, start := start + len(samples[s]))
        if _long_enough(samples[s], settings):
            pasts[s] = _past(samples[s], [x.part(rows) for x in coded], settings, alpha)
    return pasts


@dataclass(frozen=True, eq=False)
class _Column:
    """One column of some rows: their values as coded, their levels, and which are present."""

    rule: ColumnRule
    values: Floats
    present: NDArray[np.bool_]
    level: Ints
    levels: Levels

    def part(self, rows: slice) -> _Column:
        """Of these rows only; numbers are measured in the spread of theirs."""
        values, present = self.values[rows], self.present[rows]
        spread = float(np.std(values[present])) if present.any() else 1.0
        return replace(
            self, values=values, present=present, level=self.level[rows], levels=self.levels.in_spread(spread)
        )

    @property
    def varies(self) -> bool:
        return len(np.unique(self.level[self.present])) > 1


def _coded(whole: pd.DataFrame, rule: ColumnRule, settings: DriftSettings) -> _Column:
    coded = code(whole[rule.name], whole[rule.name], rule, settings.categories)
    levels = Levels.of(coded.codes[coded.present], rule)
    level = np.zeros(len(whole), dtype=np.int64)
    level[coded.present] = levels.codes
    return _Column(rule, coded.codes, coded.present, level, levels)


def _long_enough(sample: pd.DataFrame, settings: DriftSettings) -> bool:
    newest = _newest(sample, settings)
    rows = newest.sum(axis=1) >= (settings.min_rows_reference, settings.min_rows_current)
    people = sample.loc[newest[1], c.USER].nunique() >= settings.min_users
    return bool(people and rows.all() and sample[BLOCK].max() + 1 >= settings.calibration.least_blocks)


def _newest(sample: pd.DataFrame, settings: DriftSettings) -> NDArray[np.bool_]:
    """Rows of the newest reference and of the newest current window, ``(2, rows)``."""
    block, blocks = sample[BLOCK].to_numpy(), settings.reference_days // settings.current_days
    return np.stack([(block > 0) & (block <= blocks), block == 0])


def _past(sample: pd.DataFrame, columns: list[_Column], settings: DriftSettings, alpha: float) -> Past:
    back, length = sample[DAYS_BACK].to_numpy(dtype=np.int64), settings.current_days
    users, user = np.unique(sample[c.USER].to_numpy(dtype=str), return_inverse=True)
    blocks = int(back.max()) // length + 1
    placed = np.stack([user, blocks - 1 - back // length, length - 1 - back % length], axis=1)
    cells, cell = np.unique(placed, axis=0, return_inverse=True)
    newest = _newest(sample, settings)
    counted = [
        _counted(x, cell.reshape(-1), len(cells), _chance(x, sample, newest, settings, alpha))
        for x in columns
        if x.varies
    ]
    rows = np.bincount(cell.reshape(-1), minlength=len(cells)).astype(np.float64)
    return Past(
        user=cells[:, 0],
        block=cells[:, 1],
        day=cells[:, 2],
        rows=rows,
        columns=tuple(counted),
        users=len(users),
        blocks=blocks,
        block_days=length,
        reference_rows=int(newest[0].sum()),
        current_rows=int(newest[1].sum()),
        people=int(sample.loc[newest[1], c.USER].nunique()),
    )


def _counted(x: _Column, cell: Ints, cells: int, chance: float) -> ColumnPast:
    ones = np.ones(int(x.present.sum()))
    counts = csr_matrix((ones, (cell[x.present], x.level[x.present])), shape=(cells, x.levels.count))
    return ColumnPast(x.rule, x.levels, counts, chance)


def _chance(x: _Column, sample: pd.DataFrame, newest: NDArray[np.bool_], s: DriftSettings, alpha: float) -> float:
    before, now = newest
    if not (x.present & before).any():
        return 0.0
    people = sample.loc[now, c.USER].nunique()
    units = draw_units(
        sample.loc[before, c.USER].to_numpy(dtype=object), sample.loc[before, BLOCK].to_numpy(), people, s
    )
    return noise_floor(x.values[before], x.present[before], units, x.rule, int(now.sum())).ceiling(alpha)
