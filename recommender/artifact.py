"""Models as folders of data: arrays, LightGBM text and JSON under a manifest of checksums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.head import SegmentHead
from recommender.spine import Spine

Model = Spine | SegmentHead


class ArtifactError(ValueError):
    """A model folder is not what its manifest says, or not a model at all."""


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` says.

    ``files`` maps a file name to its SHA-256 and size in bytes.
    """

    kind: str
    format: int
    segment_id: str
    files: dict[str, tuple[str, int]]
    feature_schema: dict[str, Any]
    feature_schema_hash: str
    facts: dict[str, Any]


def save(model: Model, folder: str | Path, facts: Mapping[str, Any]) -> Manifest:
    """Write the model aside, then rename: the folder is complete or absent."""
    raise NotImplementedError


def verify(folder: str | Path, expect_segment: str | None = None) -> Manifest:
    """Check every file against the manifest without parsing any."""
    raise NotImplementedError


def load(folder: str | Path, expect_segment: str | None = None) -> Model:
    """Verify, then read the model."""
    raise NotImplementedError
