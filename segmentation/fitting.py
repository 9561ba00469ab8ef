"""Fitting a segmentation: bands, clusters, merging, identity, names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from interactions.features.registry import feature_names
from segmentation.bands import bands_of, route, route_to_rest
from segmentation.clusters import Clustering, Matrix, cluster, merge_small, nearest
from segmentation.encoding import Encoding, fit_encoding
from segmentation.identity import inherit, transitions
from segmentation.naming import name_segment, profile, still_fits
from segmentation.segmentation import BandModel, Segment, Segmentation
from segmentation.settings import SegmentationSettings

if TYPE_CHECKING:
    import pandas as pd

_TO_STAY: Final = 0.8
_TO_LEAVE: Final = 1.25
CLUSTER_FEATURES: Final = feature_names("user", taste=False)
"""What K-Means sees: every user feature that says who somebody is rather than what they like."""


@dataclass(frozen=True)
class _FittedBand:
    """A band before its groups have ids: ``groups[c]`` is the group of cluster ``c``, ``labels`` that of each user."""

    encoding: Encoding
    clustering: Clustering
    groups: tuple[int, ...]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class _Beginning:
    """The previous cluster of each user of a band (-1: none), and which of those clusters were segments alone."""

    clusters: NDArray[np.int64]
    alone: tuple[bool, ...]

    @property
    def known(self) -> list[int]:
        """The previous clusters that still have users, in order."""
        return sorted(set(self.clusters.tolist()) - {-1})

    def centroids(self, points: Matrix) -> Matrix | None:
        """The previous centroids in today's coordinates: the means of the users that each of them would take."""
        means = [points[self.clusters == number].mean(axis=0) for number in self.known]
        return np.stack(means) if means else None

    def required(self, settings: SegmentationSettings, k: int) -> list[int]:
        """The size that each of ``k`` clusters needs to be a segment."""
        lived = [self.alone[c] for c in self.known] if len(self.known) == k else [None] * k
        return [_required(settings, alive) for alive in lived]


def fit_segmentation(
    user_features: pd.DataFrame,
    settings: SegmentationSettings,
    as_of: date,
    previous: Segmentation | None = None,
) -> Segmentation:
    """Fit bands × K-Means on the features as of a date; ids carry over from ``previous``.

    Args:
        user_features: one row per user with ``user_id`` and the registry's columns; more columns are ignored.
        settings: bands, sizes, range of k.
        as_of: the date of the features.
        previous: the segmentation of an earlier date, from whose centroids this one starts.

    The same rows in any order give the same segmentation. No user at all gives the one segment of the top band.
    """
    frame = user_features.sort_values("user_id", ignore_index=True)
    bands = settings.bands
    by_rule = bands_of(bands, frame)
    counts = np.bincount(by_rule, minlength=len(bands)).tolist()
    required = [_required(settings, _stood(previous, band.name)) for band in bands]
    routes = (route_to_rest if settings.rules else route)(counts, required)
    homes = np.array(routes, dtype=np.int64)[by_rule]
    fitted = {
        home: _fit_band(frame, homes == home, settings, _begin(previous, frame, homes == home, bands[home].name))
        for home in sorted(set(routes))
    }
    ids, next_number = _identify(fitted, homes, previous, frame, settings)
    labels = _labels(fitted, homes, ids)
    models = {bands[h].name: _model(bands[h].name, band, ids[h]) for h, band in fitted.items()}
    unnamed = Segmentation(
        as_of, bands, {b.name: bands[r].name for b, r in zip(bands, routes, strict=True)}, models, (), next_number
    )
    flows = transitions(_old(previous, frame), labels.tolist()) if previous else ()
    return replace(unnamed, segments=_describe(unnamed, frame, labels, homes, previous), transitions=flows)


def _required(settings: SegmentationSettings, lived: bool | None) -> int:
    """The size a segment needs: less if it lives already, more if it was merged, so that ids do not flicker."""
    slack = 1.0 if lived is None else (_TO_STAY if lived else _TO_LEAVE)
    return max(1, round(settings.minimum_size * slack))


def _stood(previous: Segmentation | None, band: str) -> bool | None:
    return None if previous is None or band not in previous.routes else previous.routes[band] == band


def _begin(previous: Segmentation | None, frame: pd.DataFrame, inside: NDArray[np.bool_], band: str) -> _Beginning:
    """Where a band starts from: the clusters that the previous segmentation puts its users of today in."""
    if previous is None or band not in previous.models:
        return _Beginning(np.full(int(inside.sum()), -1), ())
    _, homes, clusters, _ = previous.place(frame.loc[inside])
    ids = previous.models[band].segment_ids
    return _Beginning(np.where(homes == band, clusters, -1), tuple(ids.count(i) == 1 for i in ids))


def _fit_band(
    frame: pd.DataFrame, inside: NDArray[np.bool_], settings: SegmentationSettings, beginning: _Beginning
) -> _FittedBand:
    rows = frame.loc[inside]
    # the history already made the band: clusters are about everything else
    encoding = fit_encoding(rows, [name for name in CLUSTER_FEATURES if name != settings.history_column])
    points = encoding.transform(rows)
    # fewer than two segments' worth of users cannot be split anyway
    open_to_split = len(rows) >= 2 * _required(settings, True) and encoding.width > 0
    chosen = settings if open_to_split else replace(settings, k_range=(1, 1))
    start = beginning.centroids(points) if open_to_split else None
    clustering = cluster(points, chosen, start)
    clusters, _ = nearest(points, clustering.centroids)
    k = len(clustering.centroids)
    required = beginning.required(settings, k)
    groups = merge_small(clustering.centroids, np.bincount(clusters, minlength=k), required)
    return _FittedBand(encoding, clustering, groups, np.array(groups, dtype=np.int64)[clusters])


def _identify(
    fitted: dict[int, _FittedBand],
    homes: NDArray[np.int64],
    previous: Segmentation | None,
    frame: pd.DataFrame,
    settings: SegmentationSettings,
) -> tuple[dict[int, tuple[str, ...]], int]:
    offsets, total = dict[int, int](), 0
    flat = np.zeros(len(frame), dtype=np.int64)
    for home, band in fitted.items():
        offsets[home] = total
        flat[homes == home] = band.labels + total
        total += max(band.groups) + 1
    number = previous.next_number if previous else 1
    ids, number = inherit(_old(previous, frame), flat.tolist(), total, number, settings.minimum_overlap)
    return {h: tuple(ids[offsets[h] + group] for group in band.groups) for h, band in fitted.items()}, number


def _old(previous: Segmentation | None, frame: pd.DataFrame) -> list[str]:
    return previous.assign(frame)["segment_id"].tolist() if previous else []


def _labels(
    fitted: dict[int, _FittedBand], homes: NDArray[np.int64], ids: dict[int, tuple[str, ...]]
) -> NDArray[np.object_]:
    labels = np.empty(len(homes), dtype=object)
    for home, band in fitted.items():
        by_group = np.array([ids[home][band.groups.index(g)] for g in range(max(band.groups) + 1)], dtype=object)
        labels[homes == home] = by_group[band.labels]
    return labels


def _model(name: str, band: _FittedBand, ids: tuple[str, ...]) -> BandModel:
    sizes = Counter(band.labels.tolist())
    largest = max(range(len(ids)), key=lambda c: (sizes[band.groups[c]], -band.groups[c], -c))
    centroids = tuple(tuple(float(v) for v in row) for row in band.clustering.centroids)
    measured = {k: round(v, 6) for k, v in band.clustering.stability.items()}
    return BandModel(name, band.encoding, centroids, ids, ids[largest], measured, band.clustering.silhouette)


def _describe(
    unnamed: Segmentation,
    frame: pd.DataFrame,
    labels: NDArray[np.object_],
    homes: NDArray[np.int64],
    previous: Segmentation | None,
) -> tuple[Segment, ...]:
    overall = fit_encoding(frame, CLUSTER_FEATURES)
    names = {s.segment_id: s.name for s in previous.segments} if previous else {}
    numbers = {band.name: number for number, band in enumerate(unnamed.bands)}
    living = {i: home for home, model in unnamed.models.items() for i in model.segment_ids}
    described: list[Segment] = []
    for segment_id in sorted(living, key=lambda i: int(i[1:])):
        band = unnamed.bands[numbers[living[segment_id]]]
        members = labels == segment_id
        traits = profile(frame, overall, members, homes == numbers[band.name]) if members.any() else ()
        siblings = len(set(unnamed.models[band.name].segment_ids))
        taken = {s.name for s in described}
        kept = names.get(segment_id, "")
        if not (siblings > 1 and kept not in taken and still_fits(kept, band.label, traits)):
            kept = name_segment(band.label, traits, siblings, taken, segment_id)
        users = int(members.sum())
        described.append(Segment(segment_id, kept, band.name, users, users / max(1, len(frame)), traits))
    return tuple(described)
