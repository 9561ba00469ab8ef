"""What the parts cost: EASE, ALS, top-100, K-Means, heads. The last line is JSON.

    python benchmarks/cost.py [--only ease,als,topk,kmeans,heads] [--topk-users 1000000] [--folder F]

All matrices are generated with a fixed seed. Run it on one thread (``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1``);
every figure stands beside the bound that it is to keep. Peak memory is of the whole process so far.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.cost_heads import bounded, heads_figures
from benchmarks.reporting import finish, measured, peak_memory_mb, say, show
from recommender.generators.als import ALS
from recommender.generators.ease import EASE
from recommender.generators.protocol import TrainingData
from recommender.history import History
from recommender.matrices import like
from recommender.topk import top_k_products
from recommender.vocabulary import Vocabulary
from segmentation.clusters import cluster, nearest
from segmentation.settings import SegmentationSettings

AS_OF = date(2026, 1, 1)
Figures = dict[str, Any]
Row = dict[str, Any]


def training(users: int, items: int, events: int, seed: int = 5) -> TrainingData:
    """Users of log-normal activity choose from items of Zipf popularity (exponent .8); every event weighs 1."""
    rng = np.random.default_rng(seed)
    activity, popularity = rng.lognormal(0, 1, users), (np.arange(items) + 10.0) ** -0.8
    rows = rng.choice(users, events, p=activity / activity.sum())
    columns = rng.permutation(items)[rng.choice(items, events, p=popularity / popularity.sum())]
    weights = sparse.csr_matrix((np.ones(events, dtype=np.float32), (rows, columns)), shape=(users, items))
    weights.sum_duplicates()
    names = Vocabulary(np.array([f"u{n}" for n in range(users)])), Vocabulary(np.array([f"i{n}" for n in range(items)]))
    ages = rng.uniform(1, 60, weights.nnz).astype(np.float32)
    history = History(*names, weights, like(weights, ages), AS_OF)
    return TrainingData(history, pd.DataFrame({"item_id": names[1].ids.astype(object)}), threads=1)


def ease() -> tuple[list[Row], Figures]:
    """EASE with all weights of 10,000 items."""
    given = training(50_000, 10_000, 1_000_000)
    _, cost = measured(lambda: EASE(neighbours=0).fit(given))
    row = bounded("EASE, 10,000 items", f"{given.history.weights.nnz:,} pairs, all weights", cost.cpu_seconds, 20)
    return [row | {"wall s": cost.wall_seconds}], cost.figures("ease_")


def als() -> tuple[list[Row], Figures]:
    """Our ALS against implicit's own ``fit`` on the very matrix that ours hands over: twice each, the faster counts."""
    from implicit.cpu.als import AlternatingLeastSquares

    given = training(20_000, 5_000, 400_000)
    ours = ALS()
    confidence = ours.fit(given)._confidence(given.history)

    def own() -> None:
        model = AlternatingLeastSquares(
            factors=ours.factors,
            regularization=ours.regularisation,
            alpha=1.0,
            iterations=ours.iterations,
            num_threads=1,
            random_state=7,
        )
        model.fit(confidence, show_progress=False)

    seconds: dict[str, list[float]] = {"ours": [], "own": []}
    for _ in range(2):
        seconds["own"].append(measured(own)[1].cpu_seconds)
        seconds["ours"].append(measured(lambda: ours.fit(given))[1].cpu_seconds)
    best = {name: min(values) for name, values in seconds.items()}
    ratio = best["ours"] / best["own"]
    what = f"{ours.factors} factors, {ours.iterations} iterations: ours {best['ours']:.2f} s, own {best['own']:.2f} s"
    figures = {"als_cpu_seconds": best["ours"], "als_implicit_cpu_seconds": best["own"], "als_ratio": ratio}
    return [bounded("ALS beside implicit's own fit (ratio)", what, ratio, 1.1)], figures


def topk(users: int) -> tuple[list[Row], Figures]:
    """The best 100 of 20,000 items for every user, 64 factors, twenty seen items each left out."""
    rng = np.random.default_rng(3)
    items = rng.normal(size=(20_000, 64)).astype(np.float32)
    block = min(users, 50_000)
    people = rng.normal(size=(block, 64)).astype(np.float32)
    seen = _seen(block, 20_000, 20, rng)
    top_k_products(people[:200], items, 100, seen[:200])  # compiled, or taken from the cache
    _, cost = measured(lambda: [top_k_products(people, items, 100, seen) for _ in range(users // block)])
    share = 1_000_000 / users
    how = "64 factors, seen items masked; " + ("run whole" if share == 1 else f"from a sample of {users:,}")
    row = bounded("top-100 of 20,000 items, 1,000,000 users", how, cost.cpu_seconds * share, 100)
    figures = {
        "topk_users": users,
        "topk_million_wall_seconds": cost.wall_seconds * share,
        "topk_million_cpu_seconds": cost.cpu_seconds * share,
        "topk_users_a_cpu_second": users / cost.cpu_seconds,
    }
    return [row | {"wall s": cost.wall_seconds * share}], figures


def kmeans() -> tuple[list[Row], Figures]:
    """Clustering a million users with the product's own functions, k given, against a fit on all of them."""
    rng = np.random.default_rng(2)
    centres = rng.normal(size=(5, 32))
    points = centres[rng.integers(0, 5, 1_000_000)] + 1.5 * rng.normal(size=(1_000_000, 32))
    settings = SegmentationSettings(k_range=(5, 5), stability_floor=0.0)
    (found, distances), cost = measured(lambda: _clustered(points, settings))
    again, full = measured(lambda: _fit_all(points, found))
    worse = float((distances**2).sum() / again - 1)
    what = "k checked, fitted on 100,000, all assigned"
    row = bounded("K-Means, 1,000,000 x 32, k = 5", what, cost.cpu_seconds, 5)
    beside = bounded("its inertia above a fit on all (%)", f"which costs {full.cpu_seconds:.1f} s", 100 * worse, 0.1)
    figures = {"kmeans_inertia_excess": worse, **full.figures("kmeans_all_")}
    return [row | {"wall s": cost.wall_seconds}, beside], cost.figures("kmeans_") | figures


def _clustered(
    points: NDArray[np.float64], settings: SegmentationSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = cluster(points, settings)
    return found.centroids, nearest(points, found.centroids)[1]


def _fit_all(points: NDArray[np.float64], start: NDArray[np.float64]) -> float:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return float(KMeans(len(start), init=start, n_init=1, max_iter=200).fit(points).inertia_)


def _seen(users: int, items: int, each: int, rng: np.random.Generator) -> sparse.csr_matrix:
    columns = rng.integers(0, items, users * each)
    rows = np.repeat(np.arange(users), each)
    return sparse.csr_matrix((np.ones(len(rows), dtype=np.bool_), (rows, columns)), shape=(users, items))


def main() -> None:
    """Parse the command line, measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="ease,als,topk,kmeans,heads", help="a part of these, by comma")
    parser.add_argument("--topk-users", type=int, default=1_000_000, help="fewer are extrapolated, and it says so")
    parser.add_argument("--folder", help="keep the simulated lake of the heads here")
    arguments = parser.parse_args()
    parts: dict[str, Callable[[], tuple[list[Row], Figures]]] = {
        "ease": ease,
        "als": als,
        "topk": lambda: topk(arguments.topk_users),
        "kmeans": kmeans,
        "heads": lambda: heads_figures(arguments.folder),
    }
    rows, figures = list[Row](), Figures()
    for name in arguments.only.split(","):
        found, values = parts[name]()
        rows += [row | {"peak MB": peak_memory_mb()} for row in found]
        figures |= values
        say(f"{name} measured")
    show("What the parts cost: CPU seconds, one thread", rows, "what is found must not exceed the bound")
    finish({"benchmark": "cost", **figures})


if __name__ == "__main__":
    main()
