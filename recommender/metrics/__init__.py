"""Metrics: recommendations in, one value per user (or one value with an interval) out."""

from recommender.metrics.ranking import coded, evaluate, per_user
from recommender.metrics.truth import Truth, hit_matrix, hit_pairs, truth_of

__all__ = ["Truth", "coded", "evaluate", "hit_matrix", "hit_pairs", "per_user", "truth_of"]
