"""Segments: history bands by rule, K-Means on what is not taste, ids that survive refits."""

from segmentation.bands import Band
from segmentation.fitting import fit_segmentation
from segmentation.lineage import lineage
from segmentation.segmentation import Segment, Segmentation, SegmentationFormatError, Trait
from segmentation.settings import SegmentationSettings

__all__ = [
    "Band",
    "Segment",
    "Segmentation",
    "SegmentationFormatError",
    "SegmentationSettings",
    "Trait",
    "fit_segmentation",
    "lineage",
]
