"""Features of users and items: a documented registry of Ibis expressions over daily rollups."""

from interactions.features.closing import closing_day
from interactions.features.computation import compute_features, export_features, write_features
from interactions.features.feature import Feature
from interactions.features.keeping import kept_closing
from interactions.features.registry import FEATURES, feature_names, is_taste
from interactions.features.rollups import rollup
from interactions.features.settings import FeatureSettings

__all__ = [
    "FEATURES",
    "Feature",
    "FeatureSettings",
    "closing_day",
    "compute_features",
    "export_features",
    "feature_names",
    "is_taste",
    "kept_closing",
    "rollup",
    "write_features",
]
