"""Metrics: recommendations in, one value per user (or one value with an interval) out."""

from recommender.metrics.auc import auc
from recommender.metrics.breakdown import breakdown
from recommender.metrics.diversity import diversity
from recommender.metrics.exposure import coverage, gini, popularity_lift, recommendation_popularity
from recommender.metrics.interval import Estimate, interval, interval_of
from recommender.metrics.novelty import novelty
from recommender.metrics.overview import Background, overview
from recommender.metrics.protocol import EvaluationProtocol
from recommender.metrics.ranking import coded, evaluate, ideal_dcg, per_user
from recommender.metrics.rating_error import RatingErrors
from recommender.metrics.serendipity import serendipity
from recommender.metrics.truth import Truth, hit_matrix, hit_pairs, truth_of

__all__ = [
    "Background",
    "Estimate",
    "EvaluationProtocol",
    "RatingErrors",
    "Truth",
    "auc",
    "breakdown",
    "coded",
    "coverage",
    "diversity",
    "evaluate",
    "gini",
    "hit_matrix",
    "hit_pairs",
    "ideal_dcg",
    "interval",
    "interval_of",
    "novelty",
    "overview",
    "per_user",
    "popularity_lift",
    "recommendation_popularity",
    "serendipity",
    "truth_of",
]
