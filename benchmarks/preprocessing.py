"""Missing and damaged columns before a ranker: does imputing or capping pay? Generated rows; the last line is JSON.

python benchmarks/preprocessing.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.reporting import finish, show
from recommender.metrics import interval
from recommender.preprocessing import PreprocessingSettings, TableEncoding
from recommender.ranker import LambdaRanker

USERS, ROWS, COLUMNS, TREES, SEEDS = 700, 20, 8, 60, (1, 2)
CHOICES = {
    "native": PreprocessingSettings(outliers="keep"),
    "impute and indicate": PreprocessingSettings(missing="impute", outliers="keep"),
    "iqr, reach 6": PreprocessingSettings(),
    "iqr, reach 1.5": PreprocessingSettings(reach=1.5),
    "zscore, reach 3": PreprocessingSettings(outliers="zscore", reach=3.0),
}
DAMAGES = ("none", "30 % missing at random", "high values missing more often", "2 % of the cells times 10,000")


def generated(damage: str, seed: int) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Log-normal columns, four of which decide which two rows of every user are relevant."""
    rng = np.random.default_rng((seed, 20261122))
    true = rng.lognormal(0, 1, (USERS * ROWS, COLUMNS))
    score = np.log(true) @ np.array([1, 0.8, 0.6, 0.4, *[0.0] * (COLUMNS - 4)]) + rng.normal(0, 2, USERS * ROWS)
    per_user = score.reshape(USERS, ROWS)
    relevant = (per_user >= np.sort(per_user, axis=1)[:, -2:-1]).ravel()
    chance = rng.random(true.shape)
    given = {
        "none": true,
        DAMAGES[1]: np.where(chance < 0.3, np.nan, true),
        DAMAGES[2]: np.where(chance < np.where(np.log(true) > 0.5, 0.6, 0.1), np.nan, true),
        DAMAGES[3]: np.where(chance < 0.02, true * 1e4, true),
    }[damage]
    return pd.DataFrame(given, columns=[f"x{n}" for n in range(COLUMNS)]), relevant


def ndcg(damage: str, settings: PreprocessingSettings, seed: int) -> NDArray[np.float64]:
    """NDCG@10 per user of fresh rows, damaged alike."""
    import lightgbm

    (rows, relevant), (fresh, wanted) = generated(damage, seed), generated(damage, 100 + seed)
    encoding = TableEncoding.fit(rows, settings)
    sample = lightgbm.Dataset(encoding.transform(rows), label=relevant.astype(int), group=np.full(USERS, ROWS))
    parameters = {"objective": "lambdarank", "num_leaves": 15, "learning_rate": 0.08, "min_data_in_leaf": 60}
    fixed = {"seed": seed, "deterministic": True, "num_threads": 1, "verbosity": -1}
    text = lightgbm.train(parameters | fixed, sample, num_boost_round=TREES).model_to_string()
    scores = LambdaRanker((text,)).score(encoding.transform(fresh)).reshape(USERS, ROWS)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    discount = 1 / np.log2(np.arange(2, 12))
    hits = np.take_along_axis(wanted.reshape(USERS, ROWS), best, axis=1)
    return np.asarray(hits @ discount / discount[:2].sum(), dtype=np.float64)


def main() -> None:
    """Every damage with every choice; differences are paired with ``native``."""
    rows: list[dict[str, Any]] = []
    for damage in DAMAGES:
        found = {name: np.concatenate([ndcg(damage, choice, s) for s in SEEDS]) for name, choice in CHOICES.items()}
        for name, values in found.items():
            gain = interval(values - found["native"])
            bounds = f"{gain.lower:+.4f} .. {gain.upper:+.4f}"
            rows.append(
                {
                    "damage": damage,
                    "choice": name,
                    "NDCG@10": float(values.mean()),
                    "difference": gain.value,
                    "interval": bounds,
                }
            )
    show("Preprocessing before a ranker", rows, f"generated rows, {len(SEEDS)} x {USERS} fresh users, {ROWS} rows each")
    finish({"bench": "preprocessing", "rows": rows})


if __name__ == "__main__":
    main()
