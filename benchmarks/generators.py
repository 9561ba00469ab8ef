"""Every candidate generator as a model of its own, by time: NDCG@10, seconds to fit and to score. Last line: JSON.

    python benchmarks/generators.py [--data ml-1m online-retail] [--only bpr sasrec] [--folder ../shared/data]

Only what PARAMETERS names differs from a kind's own defaults; it was chosen on an earlier cut (2000-11-01 and
2011-10-14), never on this one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.reporting import DEFAULT_DATA, data_folder, finish, measured, say, show
from interactions.weights import EventWeights
from recommender.catalogue import aligned
from recommender.generators import Generator, TrainingData
from recommender.generators.registry import KINDS, GeneratorSettings, Parameter, build
from recommender.history import History
from recommender.metrics import Truth, per_user, truth_of
from recommender.retrieval import batches
from recommender.topk import NOTHING, top_k
from recommender.vocabulary import Vocabulary
from warehouse.windows import midnight

K = 10
PROTOCOLS = {
    "ml-1m": "ratings >= 4, fitted before 2000-12-03, judged on everything later",
    "online-retail": "purchases and returns, fitted before 2011-11-11, judged on purchases of the next 28 days",
}
COMMON = (
    "full ranking of the items known at the cut, seen items masked and no truth, truth outside the catalogue counts "
    "as missed, binary NDCG@10, mean over users; known: users who liked something before the cut; all: the others "
    "get decayed popularity"
)
PARAMETERS: dict[str, dict[str, dict[str, Parameter]]] = {
    "ml-1m": {},
    "online-retail": {kind: {"memory_days": 30} for kind in ("LastBasket", "Word2Vec", "NCF", "SASRec")},
}
EXTRAS = {"Word2Vec": "gensim", "NCF": "torch", "SASRec": "torch"}


@dataclass(frozen=True, eq=False)
class Split:
    """One data set, cut once."""

    name: str
    training: TrainingData
    truth: Truth

    @property
    def asked(self) -> History:
        """The histories of the evaluated users."""
        return self.training.history.of_users(self.truth.users.ids)


def split(name: str, events: pd.DataFrame, items: pd.DataFrame, cutoff: date, days: int) -> Split:
    """Learn from what lies before ``cutoff``; judge on the positive events of the ``days`` from it on."""
    past, end = events[events["ts"] < midnight(cutoff)], midnight(cutoff + timedelta(days=days))
    holdout = events[(events["ts"] >= midnight(cutoff)) & (events["ts"] < end) & events["positive"]]
    history = History.from_events(past, cutoff, Vocabulary.of(past["item_id"].unique()))
    training = TrainingData(history, aligned(items, history.items))
    return Split(name, training, truth_of(holdout, history))


def ml1m(root: Path) -> Split:
    """Ratings >= 4 as likes; lower ones are left out, their instants being unknown."""
    folder = data_folder("ml-1m", ["events.parquet", "items.parquet"], root)
    events = _weighted(pd.read_parquet(folder / "events.parquet"))
    return split("ml-1m", events[events["value"] >= 4], _items(folder), date(2000, 12, 3), 2000)


def retail(root: Path) -> Split:
    """Purchases and returns of 28 days; only items that are new to the user are truth."""
    folder = data_folder("online-retail", ["events.parquet", "items.parquet"], root)
    return split(
        "online-retail", _weighted(pd.read_parquet(folder / "events.parquet")), _items(folder), date(2011, 11, 11), 28
    )


def _weighted(events: pd.DataFrame) -> pd.DataFrame:
    weights = EventWeights()
    ids = {name: events[name].astype(str).astype(object) for name in ("user_id", "item_id")}
    return events.assign(**ids, weight=weights.confidence(events), positive=weights.positive(events))


def _items(folder: Path) -> pd.DataFrame:
    items = pd.read_parquet(folder / "items.parquet")
    return items.assign(item_id=items["item_id"].astype(str).astype(object))


SPLITS: dict[str, Callable[[Path], Split]] = {"ml-1m": ml1m, "online-retail": retail}


def lists(generator: Generator, data: Split) -> NDArray[np.int64]:
    """The best ``K`` unseen items of every evaluated user, -1 where fewer score above 0."""
    history = data.asked
    parts = [np.empty((0, K), dtype=np.int64)]
    for batch in batches(history):
        rows = history.rows(batch)
        codes, scores = top_k(generator.score(rows), K, rows.seen())
        parts.append(np.where(scores > 0, codes, NOTHING))
    return np.concatenate(parts)


def measure(generator: Generator, data: Split, popular: NDArray[np.int64]) -> dict[str, Any]:
    """Fit, score, judge; ``popular`` are the lists of users without history."""
    fitted, fit = measured(lambda: generator.fit(data.training))
    found, score = measured(lambda: lists(fitted, data))
    known = np.diff(data.asked.liked().indptr) > 0
    ndcg = per_user(found, data.truth, K)["ndcg"].to_numpy()
    complete = per_user(np.where(known[:, None], found, popular), data.truth, K)["ndcg"].to_numpy()
    return {
        "data": data.name,
        "generator": generator.name,
        "ndcg_known": round(float(ndcg[known].mean()), 4),
        "ndcg_all": round(float(complete.mean()), 4),
        "fit_cpu_s": round(fit.cpu_seconds, 2),
        "score_cpu_s": round(score.cpu_seconds, 2),
        "megabytes": round(sum(array.nbytes for array in fitted.state()[0].values()) / 2**20, 1),
    }


def table(data: Split, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """One row a kind; kinds whose library is absent are left out and named."""
    plan = PARAMETERS[data.name]
    popularity = build(GeneratorSettings("Popularity", "popularity", plan.get("Popularity", {})))
    popular = lists(popularity.fit(data.training), data)
    rows = []
    for kind in kinds:
        if kind in EXTRAS and find_spec(EXTRAS[kind]) is None:
            say(f"{kind}: {EXTRAS[kind]} is not installed, left out")
            continue
        rows.append(measure(build(GeneratorSettings(kind, kind, plan.get(kind, {}))), data, popular))
        say(", ".join(f"{name} {value}" for name, value in rows[-1].items()))
    return rows


def facts(data: Split) -> dict[str, int]:
    """Sizes that a reader needs to judge the figures."""
    known = np.diff(data.asked.liked().indptr) > 0
    pairs = data.training.history.liked().nnz
    return {"evaluated": len(known), "known": int(known.sum()), "items": len(data.truth.items), "liked_pairs": pairs}


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=sorted(SPLITS), default=list(SPLITS))
    parser.add_argument("--only", nargs="+", choices=sorted(KINDS), default=list(KINDS))
    parser.add_argument("--folder", type=Path, default=DEFAULT_DATA)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"protocol": COMMON}
    for name in arguments.data:
        data = SPLITS[name](arguments.folder)
        say(f"{name}: {facts(data)}")
        rows = table(data, arguments.only)
        show(f"Single generators on {name}", rows, f"{PROTOCOLS[name]}; {COMMON}")
        figures[name] = {**facts(data), "protocol": PROTOCOLS[name], "parameters": PARAMETERS[name], "rows": rows}
    finish(figures)


if __name__ == "__main__":
    main()
