"""A fitted segmentation: plain values, numpy only, from features to a segment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from segmentation.bands import Band, band_of, bands_of
from segmentation.clusters import nearest
from segmentation.encoding import CategoricalColumn, Encoding, NumericColumn
from segmentation.identity import Transition

if TYPE_CHECKING:
    import pandas as pd

FORMAT: Final = 1


class SegmentationFormatError(ValueError):
    """A segmentation document that this version cannot read."""


@dataclass(frozen=True)
class Trait:
    """One thing that distinguishes a segment.

    Attributes:
        feature: the feature's column.
        level: the level of a category, ``None`` for a number.
        mean: the segment's mean (of a category: share of the level).
        overall: the mean (share) over all users.
        z: how far the segment lies from all users, in their standard deviations (after skew correction).
        band_z: the same against the users of its own band.
    """

    feature: str
    level: str | None
    mean: float
    overall: float
    z: float
    band_z: float


@dataclass(frozen=True)
class Segment:
    """A living segment: who it is, for people and for models."""

    segment_id: str
    name: str
    band: str
    users: int
    share: float
    profile: tuple[Trait, ...]


@dataclass(frozen=True)
class BandModel:
    """The clusters of one band; several clusters may make one segment.

    ``stability`` holds the bootstrap ARI for each k tried, ``silhouette`` is of the k chosen.
    """

    band: str
    encoding: Encoding
    centroids: tuple[tuple[float, ...], ...]
    segment_ids: tuple[str, ...]
    default: str
    stability: dict[int, float]
    silhouette: float | None

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """The centroids, shape (k, width)."""
        return np.array(self.centroids, dtype=np.float64).reshape(len(self.segment_ids), self.encoding.width)


@dataclass(frozen=True)
class Segmentation:
    """Bands by rule, clusters inside them, and the identity of each segment.

    Attributes:
        as_of: features before this day were used.
        bands: the rules, first match wins.
        routes: the band in which the users of each band are clustered (others were too small).
        models: the clusters of each band that stands.
        segments: the living segments, by number of their id.
        next_number: the number of the next id; ids are never used again.
        transitions: flows from the previous segmentation, on the users of this fit.
    """

    as_of: date
    bands: tuple[Band, ...]
    routes: dict[str, str]
    models: dict[str, BandModel]
    segments: tuple[Segment, ...]
    next_number: int
    transitions: tuple[Transition, ...] = ()

    def assign(self, user_features: pd.DataFrame) -> pd.DataFrame:
        """The segment of every user: ``user_id segment_id band distance``, one row per row given."""
        import pandas as pd

        bands, homes, clusters, distances = self.place(user_features)
        ids = np.array([self.models[h].segment_ids[c] for h, c in zip(homes, clusters, strict=True)], dtype=object)
        return pd.DataFrame(
            {
                "user_id": user_features["user_id"].astype("str").to_numpy(),
                "segment_id": pd.array(ids, dtype="str"),
                "band": pd.array(bands, dtype="str"),
                "distance": distances,
            }
        )

    def assign_one(self, features: Mapping[str, Any]) -> str:
        """The segment of one user, known or not; without any known feature the default one of the band."""
        band = self.bands[band_of(self.bands, features)].name
        model = self.models[self.routes[band]]
        if len(model.segment_ids) == 1 or not model.encoding.knows(features):
            return model.default
        away = model.points - model.encoding.point(features)
        return model.segment_ids[int((away * away).sum(axis=1).argmin())]

    def default_segment(self, band: str | None = None) -> str:
        """The segment of a user of whom nothing else is known: the largest of ``band``, of a stranger's if ``None``.

        Raises:
            KeyError: a band that this segmentation does not have.
        """
        band = self.bands[band_of(self.bands, {})].name if band is None else band
        if band not in self.routes:
            raise KeyError(f"no band '{band}' here: expected one of {', '.join(self.routes)}")
        return self.models[self.routes[band]].default

    def place(
        self, frame: pd.DataFrame
    ) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.int64], NDArray[np.float64]]:
        """Per row: band by rule, band it is clustered in, cluster there, distance to its centroid."""
        names = np.array([b.name for b in self.bands], dtype=object)
        bands = names[bands_of(self.bands, frame)]
        homes = np.array([self.routes[b] for b in bands], dtype=object)
        clusters, distances = np.zeros(len(frame), dtype=np.int64), np.zeros(len(frame))
        for home, model in self.models.items():
            here = np.flatnonzero(homes == home)
            clusters[here], distances[here] = nearest(model.encoding.transform(frame.iloc[here]), model.points)
        return bands, homes, clusters, distances

    def segment(self, segment_id: str) -> Segment:
        """One living segment.

        Raises:
            KeyError: no such segment lives.
        """
        try:
            return self._by_id[segment_id]
        except KeyError:
            raise KeyError(f"no segment '{segment_id}': living are {', '.join(self._by_id)}") from None

    @cached_property
    def _by_id(self) -> dict[str, Segment]:
        return {s.segment_id: s for s in self.segments}

    def rows(self) -> pd.DataFrame:
        """Rows of the table ``segments``; every row carries the whole document as ``model``."""
        import pandas as pd

        model = self.to_json()
        rows = [
            {
                "as_of": self.as_of,
                "segment_id": s.segment_id,
                "name": s.name,
                "band": s.band,
                "users": s.users,
                "centroid": self._centroid(s),
                "profile": json.dumps([asdict(t) for t in s.profile]),
                "model": model,
            }
            for s in self.segments
        ]
        return pd.DataFrame(rows)

    def to_json(self) -> str:
        """The segmentation as a JSON document: data only, equal fits give equal bytes."""
        return json.dumps({"format": FORMAT, **asdict(self), "as_of": self.as_of.isoformat()}, sort_keys=True)

    @classmethod
    def from_json(cls, document: str) -> Segmentation:
        """Read what :meth:`to_json` wrote.

        Raises:
            SegmentationFormatError: not such a document, or of another format.
        """
        try:
            return _read(json.loads(document))
        except (KeyError, TypeError, ValueError) as error:
            raise SegmentationFormatError(
                f"expected a segmentation document of format {FORMAT}; {error}: fit the segments again"
            ) from error

    def _centroid(self, segment: Segment) -> list[float]:
        model = self.models[segment.band]
        members = [n for n, name in enumerate(model.segment_ids) if name == segment.segment_id]
        return [float(v) for v in model.points[members].mean(axis=0)]


def _read(document: dict[str, Any]) -> Segmentation:
    if document["format"] != FORMAT:
        raise ValueError(f"found format {document['format']}")
    return Segmentation(
        as_of=date.fromisoformat(document["as_of"]),
        bands=tuple(Band(**band) for band in document["bands"]),
        routes=dict(document["routes"]),
        models={name: _read_model(model) for name, model in document["models"].items()},
        segments=tuple(_read_segment(segment) for segment in document["segments"]),
        next_number=int(document["next_number"]),
        transitions=tuple(Transition(**flow) for flow in document["transitions"]),
    )


def _read_model(model: dict[str, Any]) -> BandModel:
    encoding = Encoding(
        tuple(NumericColumn(**c) for c in model["encoding"]["numeric"]),
        tuple(
            CategoricalColumn(c["name"], tuple(c["levels"]), tuple(c["means"]), c["weight"])
            for c in model["encoding"]["categorical"]
        ),
    )
    return BandModel(
        band=model["band"],
        encoding=encoding,
        centroids=tuple(tuple(row) for row in model["centroids"]),
        segment_ids=tuple(model["segment_ids"]),
        default=model["default"],
        stability={int(k): float(v) for k, v in model["stability"].items()},
        silhouette=model["silhouette"],
    )


def _read_segment(segment: dict[str, Any]) -> Segment:
    return Segment(**{**segment, "profile": tuple(Trait(**t) for t in segment["profile"])})
