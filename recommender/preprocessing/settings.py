"""How columns become what a model reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

MISSING: Final = ("native", "impute")
OUTLIERS: Final = ("keep", "iqr", "zscore")


@dataclass(frozen=True)
class PreprocessingSettings:
    """Choices of the preprocessing; why each default: ``docs/metrics.md``.

    Args:
        missing: ``native`` leaves missing numbers to LightGBM, which learns a side for them at every split; ``impute``
            puts the training median and adds an indicator column.
        outliers: ``iqr`` caps numbers ``reach`` interquartile ranges outside the quartiles, ``zscore`` those ``reach``
            standard deviations from the mean; columns without negative values are judged on a log scale, since
            counts and money have long tails that are no errors. ``keep`` caps nothing.
        reach: how far the caps lie.
        labels: a text column with as many distinct values, or fewer, gets a code per value; one with more is hashed.
        buckets: of a hashed column.
        seed: of the hash.
        centre_ratings: weigh ratings by their distance from the user's own mean, where people also rate low; on
            MovieLens-1M that gave EASE +7 % and ALS +19 % NDCG@10 over the distance from a fixed neutral rating.
        rating_strength: ratings that the prior of a user or an item is worth; None estimates it from the ratings.

    Raises:
        ValueError: an unknown word or a number out of range.
    """

    missing: Literal["native", "impute"] = "native"
    outliers: Literal["keep", "iqr", "zscore"] = "iqr"
    reach: float = 6.0
    labels: int = 64
    buckets: int = 32
    seed: int = 7
    centre_ratings: bool = True
    rating_strength: float | None = None

    def __post_init__(self) -> None:
        for name, known in (("missing", MISSING), ("outliers", OUTLIERS)):
            if getattr(self, name) not in known:
                raise ValueError(f"'{name}' must be one of {', '.join(known)}; found {getattr(self, name)!r}")
        if not self.reach > 0 or self.labels < 1 or self.buckets < 2 or self.seed < 0:
            raise ValueError(
                "expected reach > 0, labels >= 1, buckets >= 2 and seed >= 0; found "
                f"{self.reach}, {self.labels}, {self.buckets}, {self.seed}"
            )
        if self.rating_strength is not None and not self.rating_strength >= 0:
            raise ValueError(f"rating_strength must be >= 0, or None to estimate it; found {self.rating_strength}")

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` wrote; unknown names are a TypeError."""
        return cls(**values)
