"""Features as points: skew-corrected, standardised, one-hot, each family of features with the same say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from interactions.features.registry import FEATURES

if TYPE_CHECKING:
    import pandas as pd

Matrix = NDArray[np.float64]

_CLIP: Final = 4.0
_SKEWED: Final = 1.0
_LEAST_KNOWN: Final = 0.05
_RARE: Final = 0.03
_MOST_LEVELS: Final = 8
_POWER_SAMPLE: Final = 5_000
_HUGE: Final = 1e12


@dataclass(frozen=True)
class NumericColumn:
    """How one number is encoded: ``(yeo_johnson(x or fill, power) - mean) / scale * weight``, clipped at 4 SD."""

    name: str
    fill: float
    power: float
    mean: float
    scale: float
    weight: float


@dataclass(frozen=True)
class CategoricalColumn:
    """How one category is encoded: an indicator per frequent level, centred; levels beyond are all zero."""

    name: str
    levels: tuple[str, ...]
    means: tuple[float, ...]
    weight: float


@dataclass(frozen=True)
class Encoding:
    """Turns feature rows into points of ``width`` coordinates; needs numpy only."""

    numeric: tuple[NumericColumn, ...]
    categorical: tuple[CategoricalColumn, ...]

    @property
    def width(self) -> int:
        """The number of coordinates."""
        return len(self.numeric) + sum(len(c.levels) for c in self.categorical)

    @property
    def columns(self) -> tuple[tuple[str, str | None], ...]:
        """The feature, and for a category its level, behind each coordinate."""
        numbers = tuple((c.name, None) for c in self.numeric)
        return numbers + tuple((c.name, level) for c in self.categorical for level in c.levels)

    @cached_property
    def weights(self) -> Matrix:
        """The weight of each coordinate, shape (width,)."""
        spread = [c.weight for c in self.categorical for _ in c.levels]
        return np.array([c.weight for c in self.numeric] + spread, dtype=np.float64)

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """Weighted points, shape (rows, width). A column that is absent counts as missing everywhere."""
        points: Matrix = self.standardise(frame) * self.weights
        return points

    def standardise(self, frame: pd.DataFrame) -> Matrix:
        """Points before weighting: numbers in standard deviations, categories as centred indicators."""
        numbers = np.full((len(frame), len(self.numeric)), np.nan)
        for n, column in enumerate(self.numeric):
            if column.name in frame.columns:
                numbers[:, n] = frame[column.name].to_numpy(dtype=np.float64, na_value=np.nan)
        parts = [self._numbers(numbers)]
        parts += [_indicators(c, frame) for c in self.categorical]
        return np.hstack(parts)

    def point(self, features: Mapping[str, Any]) -> Matrix:
        """The weighted point of one user, shape (width,)."""
        numbers = np.array([[_number(features.get(c.name)) for c in self.numeric]], dtype=np.float64)
        parts = [self._numbers(numbers.reshape(1, len(self.numeric)))[0]]
        parts += [_indicator(c, features.get(c.name)) for c in self.categorical]
        weighted: Matrix = np.concatenate(parts) * self.weights
        return weighted

    def knows(self, features: Mapping[str, Any]) -> bool:
        """Whether any of the encoded features is given."""
        names = [c.name for c in self.numeric] + [c.name for c in self.categorical]
        return any(features.get(n) is not None and features[n] == features[n] for n in names)

    @cached_property
    def _facts(self) -> Matrix:
        rows = [(c.fill, c.power, c.mean, c.scale) for c in self.numeric]
        return np.array(rows, dtype=np.float64).reshape(-1, 4).T

    def _numbers(self, values: Matrix) -> Matrix:
        fill, power, mean, scale = self._facts
        known = np.where(np.isfinite(values), values, fill)
        clipped: Matrix = np.clip((yeo_johnson(known, power) - mean) / scale, -_CLIP, _CLIP)
        return clipped


_ACTIVITY: Final = ("frequency", "recency", "money", "session", "popularity")


def fit_encoding(frame: pd.DataFrame, features: Sequence[str]) -> Encoding:
    """Learn an encoding of ``features`` (names in the registry) from user rows.

    Numbers that are constant or known for fewer than 5 % of the users are left out, as are categories with one
    frequent level. A family of n columns has the weight of one: each gets ``1 / sqrt(n)``. How much and how lately
    somebody was active is one family here, whatever it is counted in: the bands already divide users by it.
    """
    wanted = [f for f in FEATURES if f.entity == "user" and f.name in set(features) & set(frame.columns)]
    numbers = [_fit_number(f.name, frame[f.name]) for f in wanted if f.kind == "numeric"]
    levels = [_fit_category(f.name, frame[f.name]) for f in wanted if f.kind == "categorical"]
    kept_numbers, kept_levels = [c for c in numbers if c], [c for c in levels if c]
    family = {f.name: _ACTIVITY[0] if f.family in _ACTIVITY else f.family for f in wanted}
    used = [family[name] for name in [c.name for c in kept_numbers] + [c.name for c in kept_levels]]
    weight = {name: used.count(kind) ** -0.5 for name, kind in family.items() if kind in used}
    return Encoding(
        tuple(NumericColumn(c.name, c.fill, c.power, c.mean, c.scale, weight[c.name]) for c in kept_numbers),
        tuple(CategoricalColumn(c.name, c.levels, c.means, c.weight * weight[c.name]) for c in kept_levels),
    )


def yeo_johnson(values: Matrix, power: Matrix | float) -> Matrix:
    """The Yeo–Johnson transform (Biometrika 2000): power 1 leaves as is, power 0 is ``log1p`` of what is positive."""
    size = np.abs(np.clip(values, -_HUGE, _HUGE))
    exponent = np.where(values >= 0, power, 2.0 - np.asarray(power))
    flat = np.abs(exponent) < 1e-9
    safe = np.where(flat, 1.0, exponent)
    bent = np.where(flat, np.log1p(size), (np.power(1.0 + size, safe) - 1.0) / safe)
    signed: Matrix = np.where(values >= 0, bent, -bent)
    return signed


def _fit_number(name: str, column: pd.Series[Any]) -> NumericColumn | None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[np.isfinite(values)]
    if len(known) < max(1, _LEAST_KNOWN * len(values)):
        return None
    fill, power = float(np.median(known)), _power(known)
    bent = yeo_johnson(np.where(np.isfinite(values), values, fill), power)
    mean, scale = float(bent.mean()), float(bent.std())
    return NumericColumn(name, fill, power, mean, scale, 1.0) if scale > 1e-9 * max(1.0, abs(mean)) else None


def _power(known: Matrix) -> float:
    if _skew(known) <= _SKEWED:
        return 1.0
    if known.min() >= 0:
        return 0.0
    from sklearn.preprocessing import PowerTransformer

    step = max(1, len(known) // _POWER_SAMPLE)
    fitted = PowerTransformer(standardize=False).fit(np.clip(known, -_HUGE, _HUGE)[::step, None])
    return float(np.clip(fitted.lambdas_[0], 0.0, 2.0))


def _skew(known: Matrix) -> float:
    centred = known - known.mean()
    deviation = centred.std()
    return float(abs(np.mean((centred / deviation) ** 3))) if deviation > 0 else 0.0


def _fit_category(name: str, column: pd.Series[Any]) -> CategoricalColumn | None:
    known = column.dropna().astype(str)
    shares = known.value_counts(normalize=True)
    frequent = sorted(str(v) for v in shares.index[shares >= _RARE][:_MOST_LEVELS])
    if len(known) < _LEAST_KNOWN * len(column) or len(shares) < 2 or not frequent:
        return None
    means = tuple(float(shares[level]) for level in frequent)
    # all indicators of a category together vary as much as one number does
    spread = sum(m * (1.0 - m) for m in means)
    return CategoricalColumn(name, tuple(frequent), means, spread**-0.5)


def _indicators(column: CategoricalColumn, frame: pd.DataFrame) -> Matrix:
    if column.name not in frame.columns:
        return np.zeros((len(frame), len(column.levels)))
    values = frame[column.name]
    texts, missing = values.astype(str).to_numpy(), values.isna().to_numpy()
    hits = texts[:, None] == np.array(column.levels, dtype=object)[None, :]
    centred: Matrix = hits - np.array(column.means)
    centred[missing] = 0.0  # not known: neither for nor against any level
    return centred


def _indicator(column: CategoricalColumn, value: Any) -> Matrix:
    if value is None or value != value:
        return np.zeros(len(column.levels))
    hits = np.array([level == str(value) for level in column.levels], dtype=np.float64)
    centred: Matrix = hits - np.array(column.means)
    return centred


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
