"""What is watched, by which method, and how much movement counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from monitoring.calibration_settings import CalibrationSettings
from monitoring.quality_settings import QualitySettings
from monitoring.trouble_settings import TroubleSettings

Kind = Literal["categorical", "numerical"]
Scale = Literal["plain", "log", "hours"]

METHODS: Final[dict[str, str]] = {"categorical": "jensenshannon", "numerical": "wasserstein"}


@dataclass(frozen=True)
class ColumnRule:
    """How one column of the events is compared.

    ``categorical`` columns are compared by the Jensen-Shannon distance (0 to 0.83, natural logarithm), ``numerical``
    ones by the Wasserstein distance in standard deviations of the reference: both are effect sizes, comparable over
    segments of any size, which p-values are not. ``threshold`` is the smallest distance worth acting on.
    ``log`` compares orders of magnitude (prices, counts); ``hours`` compares bands of four hours of the day.
    """

    name: str
    kind: Kind
    threshold: float
    scale: Scale = "plain"

    def __post_init__(self) -> None:
        if self.kind not in METHODS:
            raise ValueError(f"column {self.name!r}: kind must be one of {sorted(METHODS)}; found {self.kind!r}")
        if self.threshold <= 0:
            raise ValueError(f"column {self.name!r}: threshold must be above 0; found {self.threshold}")
        if self.scale == "log" and self.kind != "numerical":
            raise ValueError(f"column {self.name!r}: scale 'log' needs kind 'numerical'; found {self.kind!r}")

    @property
    def method(self) -> str:
        """Evidently's name of the distance; always named, as its default changes with the size of the sample."""
        return METHODS[self.kind]


DEFAULT_COLUMNS: Final = (
    ColumnRule("category", "categorical", 0.1),
    ColumnRule("price", "numerical", 0.2, "log"),
    ColumnRule("hour", "categorical", 0.1, "hours"),
    ColumnRule("event_type", "categorical", 0.1),
    ColumnRule("device", "categorical", 0.1),
    ColumnRule("channel", "categorical", 0.1),
    ColumnRule("country", "categorical", 0.1),
    ColumnRule("popularity", "numerical", 0.25),
    ColumnRule("paid", "numerical", 0.3, "log"),
)


@dataclass(frozen=True)
class DriftSettings:
    """Everything that decides whether a segment has drifted.

    A column has drifted when its distance exceeds all of: the rule's threshold; what the reference's own users,
    drawn anew at the current window's size, exceed with probability ``alpha`` (over all segments and columns
    together); and ``block_margin`` times the largest distance between one block of ``current_days`` of the reference
    and the rest of it. A segment has drifted when at least one column has, and at least ``share`` of them.
    """

    columns: tuple[ColumnRule, ...] = DEFAULT_COLUMNS
    reference_days: int = 28
    current_days: int = 7
    min_rows_reference: int = 200
    min_rows_current: int = 100
    min_users: int = 20
    sample_rows: int = 10_000
    user_rows: int = 50
    categories: int = 30
    missing_change: float = 0.2
    alpha: float = 0.01
    replicates: int = 100
    block_margin: float = 1.5
    share: float = 0.0
    k_of_n: tuple[int, int] = (1, 1)
    common_share: float = 0.6
    common_direction: float = 0.5
    mix_threshold: float = 0.1
    seed: int = 0
    quality: QualitySettings = field(default_factory=QualitySettings)
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    trouble: TroubleSettings = field(default_factory=TroubleSettings)

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.columns]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"columns must be named once each and be at least one; found {names}")
        for name in ("reference_days", "current_days", "min_rows_reference", "min_rows_current", "min_users"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; found {getattr(self, name)}")
        for name in ("sample_rows", "user_rows", "categories", "replicates"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2; found {getattr(self, name)}")
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie between 0 and 1; found {self.alpha}")
        k, n = self.k_of_n
        if not 1 <= k <= n:
            raise ValueError(f"k_of_n must be (k, n) with 1 <= k <= n; found {self.k_of_n}")
