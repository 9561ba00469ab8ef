"""LightGBM lambdarank, several seeds averaged: one seed differs from another by more than most improvements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.settings import RankerSettings

Matrix = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Labelled:
    """A training sample of the ranker.

    Args:
        features: float32 ``(rows, columns)``.
        relevant: bool ``(rows,)``.
        groups: rows per user, in order; sums to ``rows``.
    """

    features: Matrix
    relevant: NDArray[np.bool_]
    groups: NDArray[np.int64]

    def split(self, users: int) -> tuple[Labelled, Labelled]:
        """The first ``users`` users, and the others."""
        row = int(self.groups[:users].sum())
        first = Labelled(self.features[:row], self.relevant[:row], self.groups[:users])
        return first, Labelled(self.features[row:], self.relevant[row:], self.groups[users:])


@dataclass(frozen=True, eq=False)
class LambdaRanker:
    """The mean of several boosters.

    Args:
        texts: LightGBM's own text format, one per seed.
        threads: of prediction.
    """

    texts: tuple[str, ...]
    threads: int = 1

    def score(self, features: Matrix) -> Matrix:
        """Mean raw score; shape ``(rows,)``."""
        if len(features) == 0:
            return np.empty(0, dtype=np.float32)
        total = sum(booster.predict(features, num_threads=self.threads) for booster in self._boosters)
        return np.asarray(total / len(self.texts), dtype=np.float32)

    def with_threads(self, threads: int) -> LambdaRanker:
        """The same model, predicting with this many threads."""
        return replace(self, threads=threads)

    def importance(self) -> NDArray[np.float64]:
        """Share of the total gain per column, averaged over the seeds."""
        gains = np.mean([booster.feature_importance("gain") for booster in self._boosters], axis=0)
        return np.asarray(gains / max(float(gains.sum()), 1e-12), dtype=np.float64)

    @cached_property
    def _boosters(self) -> list[Any]:
        import lightgbm

        return [lightgbm.Booster(model_str=text) for text in self.texts]


def fit_booster(
    sample: Labelled,
    categorical: tuple[int, ...],
    settings: RankerSettings,
    seed: int,
    threads: int,
    start: str | None = None,
    directions: tuple[int, ...] = (),
) -> tuple[str, list[float]]:
    """Train one seed.

    The last tenth of the users is held back: it draws the learning curve, and says when more trees no longer help.

    Args:
        sample: what it learns from.
        categorical: columns that hold codes.
        settings: of the trees.
        seed: of everything random.
        threads: of LightGBM.
        start: a model's text whose trees come first; the new ones correct it.
        directions: one a column: 1 where more must never lower the score, -1 where less must not, 0 where free.

    Returns:
        The model as text, and NDCG@10 of the held-back users after every tree.
    """
    import lightgbm

    held = len(sample.groups) // 10
    patient = held > 0 and settings.patience > 0 and start is None
    train, check = sample.split(len(sample.groups) - held)
    dataset = _dataset(train, categorical)
    curve: dict[str, Any] = {}
    booster = lightgbm.train(
        _parameters(settings, seed, threads) | ({"monotone_constraints": list(directions)} if any(directions) else {}),
        dataset,
        num_boost_round=settings.trees,
        init_model=lightgbm.Booster(model_str=start) if start else None,
        valid_sets=[_dataset(check, categorical, dataset)] if held else None,
        valid_names=["held"] if held else None,
        callbacks=[
            lightgbm.record_evaluation(curve),
            *([lightgbm.early_stopping(settings.patience, verbose=False)] if patient else []),
        ],
    )
    text = booster.model_to_string(num_iteration=booster.best_iteration if patient else None)
    return text, [round(float(v), 6) for v in curve.get("held", {}).get("ndcg@10", [])]


def _dataset(sample: Labelled, categorical: tuple[int, ...], reference: Any = None) -> Any:
    import lightgbm

    return lightgbm.Dataset(
        sample.features,
        label=sample.relevant.astype(np.int32),
        group=sample.groups,
        categorical_feature=list(categorical),
        reference=reference,
        free_raw_data=True,
    )


def _parameters(settings: RankerSettings, seed: int, threads: int) -> dict[str, Any]:
    return {
        "objective": "lambdarank",
        "metric": "ndcg",
        "eval_at": [10],
        "lambdarank_truncation_level": 20,
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.minimum_leaf,
        "lambda_l2": settings.l2,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 127,
        "max_cat_threshold": 16,
        "cat_smooth": 50,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }
