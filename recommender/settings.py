"""Every choice of the global model, with defaults that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class RankerSettings:
    """LightGBM lambdarank and the sample it learns from.

    ``users`` bounds the labelled users a seed, ``negatives`` the unlabelled candidates a user; below
    ``minimum_users`` labelled users a fixed linear blend replaces the ranker.
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    users: int = 2000
    negatives: int = 30
    minimum_users: int = 50
    trees: int = 100
    leaves: int = 15
    learning_rate: float = 0.08
    minimum_leaf: int = 60
    l2: float = 5.0

    def __post_init__(self) -> None:
        if not self.seeds:
            raise ValueError("a ranker needs at least one seed; found none: three are averaged by default")
        for name in ("users", "negatives", "minimum_users", "trees", "leaves", "learning_rate", "minimum_leaf"):
            if not getattr(self, name) > 0:
                raise ValueError(f"ranker setting '{name}' must be above 0; found {getattr(self, name)!r}")


@dataclass(frozen=True)
class SpineSettings:
    """How the global model is fitted.

    ``label_days`` is the slice before ``as_of`` that supplies the ranker's targets; ``candidates`` the items that
    every generator proposes; half-lives are days.
    """

    label_days: int = 14
    history_days: int = 365
    candidates: int = 50
    popularity_half_life: float = 7.0
    taste_half_life: float = 60.0
    neighbours: int = 200
    factors: int = 64
    regularisation: float = 30.0
    alpha: float = 4.0
    iterations: int = 10
    threads: int = 1
    seed: int = 7
    ranker: RankerSettings = field(default_factory=RankerSettings)
    blend: tuple[tuple[str, float], ...] = (("popularity", 0.5), ("item_item", 1.0), ("als", 1.0), ("content", 0.2))

    def __post_init__(self) -> None:
        positive = ("label_days", "history_days", "candidates", "popularity_half_life", "taste_half_life", "neighbours")
        for name in (*positive, "factors", "regularisation", "alpha", "iterations", "threads"):
            if not getattr(self, name) > 0:
                raise ValueError(f"spine setting '{name}' must be above 0; found {getattr(self, name)!r}")

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SpineSettings:
        """Read what :meth:`to_json` wrote; unknown names are refused."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown spine settings {unknown}: expected some of {sorted(known)}")
        plain = dict(values)
        ranker = dict(plain.pop("ranker", {}))
        if "seeds" in ranker:
            ranker["seeds"] = tuple(ranker["seeds"])
        if "blend" in plain:
            plain["blend"] = tuple((str(name), float(weight)) for name, weight in plain["blend"])
        return cls(ranker=RankerSettings(**ranker), **plain)
