"""What was measured of a segment: one row a column, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from monitoring.coding import Mover
from warehouse import columns as c
from warehouse.schemas import TABLES


@dataclass(frozen=True)
class Limits:
    """What a distance must exceed.

    ``effect``: the rule's threshold. ``chance``: what the reference's own users, drawn anew, hardly ever exceed.
    ``weekly``: how far the reference's blocks of days lie apart among themselves, with a margin.
    """

    effect: float
    chance: float
    weekly: float

    @property
    def threshold(self) -> float:
        """The largest of the three."""
        return max(self.effect, self.chance, self.weekly)

    def scaled(self, factor: float) -> Limits:
        """What is explained without drift, times a calibrated factor; what is worth acting on stays."""
        return Limits(self.effect, factor * self.chance, factor * self.weekly)


@dataclass(frozen=True)
class Sizes:
    """Rows and distinct users of the two samples."""

    rows_reference: int
    rows_current: int
    users_reference: int
    users_current: int


@dataclass(frozen=True)
class DriftRow:
    """How one column of a segment moved.

    ``distance`` is Evidently's, held against ``limits``. ``subject``, ``before`` and ``after`` read together:
    "Garden 12 % → 31 %". ``shift`` is the direction of the move, comparable over segments.
    """

    feature: str
    method: str
    distance: float
    limits: Limits
    subject: str
    before: str
    after: str
    movers: tuple[Mover, ...] = ()
    shift: Mapping[str, float] = field(default_factory=dict)

    @property
    def threshold(self) -> float:
        """What ``distance`` must exceed."""
        return self.limits.threshold

    @property
    def drifted(self) -> bool:
        """Whether the column moved."""
        return self.distance > self.threshold


@dataclass(frozen=True)
class SegmentMeasurement:
    """All that was measured of one segment.

    ``rows``: one per column that could be compared; none means too little data. ``troubles``: columns that could not
    be compared, and why. ``snapshot`` is Evidently's, for `monitoring.report`; it takes no part in equality.
    """

    rows: tuple[DriftRow, ...]
    sizes: Sizes
    troubles: tuple[str, ...] = ()
    snapshot: Any = field(default=None, compare=False, repr=False)

    @property
    def enough(self) -> bool:
        """Whether there was enough data to compare anything."""
        return bool(self.rows)

    @property
    def drifted(self) -> tuple[DriftRow, ...]:
        """The rows that moved, the furthest beyond its threshold first."""
        moved = [row for row in self.rows if row.drifted]
        return tuple(sorted(moved, key=lambda row: (-row.distance / row.threshold, row.feature)))

    def frame(self, as_of: date, segment_id: str) -> pd.DataFrame:
        """The rows of table ``drift_measurements``."""
        records = [self._record(row, as_of, segment_id) for row in self.rows]
        return pd.DataFrame.from_records(records, columns=TABLES["drift_measurements"].schema.names)

    def _record(self, row: DriftRow, as_of: date, segment_id: str) -> dict[str, object]:
        return {
            c.AS_OF: as_of,
            c.SEGMENT: segment_id,
            "feature": row.feature,
            "method": row.method,
            "distance": row.distance,
            "threshold": row.threshold,
            "drifted": row.drifted,
            "before": f"{row.subject} {row.before}",
            "after": f"{row.subject} {row.after}",
            "rows_reference": self.sizes.rows_reference,
            "rows_current": self.sizes.rows_current,
        }
