"""How users are segmented: bands, clusters, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from segmentation.bands import Band

Method = Literal["kmeans", "ward"]


@dataclass(frozen=True)
class SegmentationSettings:
    """Settings of a segmentation.

    Attributes:
        new_below: users with fewer events than this are *new*.
        regular_from: users with at least this many events are *regular*; between the two lies *low activity*.
        history_column: the feature that counts a user's history.
        extra_bands: further rules, tried after the history bands and before *regular*, such as
            ``Band("high_value", "High value", "spend_total >= 500")``.
        rules: demographic or business rules that take the place of the history bands; the first that holds counts,
            nobody's is *other*. A rule of too few users joins *other*.
        method: ``kmeans``, or ``ward`` for hierarchical clusters; ``k_range`` of (1, 1) leaves bands and rules whole.
        minimum_size: a segment of fewer users is merged.
        k_range: fewest and most clusters in a band.
        stability_floor: least mean adjusted Rand index over bootstraps for k to be accepted; else one cluster.
        bootstraps: how many bootstraps measure the stability of one k.
        fit_sample: most users that the clusters are fitted on (all are assigned).
        stability_sample: most users that stability and silhouette are measured on.
        minimum_overlap: least Jaccard overlap of users for a cluster to inherit a segment's id.
        seed: of sampling and clustering.

    Raises:
        ValueError: a bound out of range, naming the field.
    """

    new_below: int = 3
    regular_from: int = 10
    history_column: str = "events_total"
    extra_bands: tuple[Band, ...] = ()
    rules: tuple[Band, ...] = ()
    method: Method = "kmeans"
    minimum_size: int = 400
    k_range: tuple[int, int] = (2, 5)
    stability_floor: float = 0.7
    bootstraps: int = 8
    fit_sample: int = 100_000
    stability_sample: int = 2_000
    minimum_overlap: float = 0.4
    seed: int = 0

    def __post_init__(self) -> None:
        low, high = self.k_range
        self._require("k_range", 1 <= low <= high <= 50, "1 <= lowest <= highest <= 50")
        self._require("new_below", 0 <= self.new_below <= self.regular_from, "between 0 and regular_from")
        self._require("minimum_size", self.minimum_size >= 1, "at least 1 user")
        self._require("stability_floor", 0 <= self.stability_floor <= 1, "between 0 and 1")
        self._require("bootstraps", 2 <= self.bootstraps <= 100, "between 2 and 100")
        self._require("fit_sample", self.fit_sample >= 100, "at least 100 users")
        self._require("stability_sample", self.stability_sample >= 100, "at least 100 users")
        self._require("minimum_overlap", 0 < self.minimum_overlap <= 1, "above 0 and at most 1")
        names = [band.name for band in self.bands]
        field = "rules" if self.rules else "extra_bands"
        self._require(field, len(set(names)) == len(names), "bands of different names")
        self._require("rules", not (self.rules and self.extra_bands), "empty where there are extra bands")
        self._require("method", self.method in get_args(Method), f"one of {', '.join(get_args(Method))}")

    @property
    def bands(self) -> tuple[Band, ...]:
        """All bands in the order in which they are tried; one that is too small is merged into the next."""
        if self.rules:
            return (*self.rules, Band("other", "Other", ""))
        history = self.history_column
        return (
            Band("new", "New", f"{history} < {self.new_below}"),
            Band("low_activity", "Low-activity", f"{history} < {self.regular_from}"),
            *self.extra_bands,
            Band("regular", "Regular", ""),
        )

    def _require(self, name: str, good: bool, expected: str) -> None:
        if not good:
            raise ValueError(f"SegmentationSettings.{name} must be {expected}; found {getattr(self, name)!r}")
