"""Explicit ratings of MovieLens-1M: how well means predict them, and what they should weigh.

    python benchmarks/ratings.py [--folder ../shared/data]

First RMSE and MAE of shrunken user and item means. Then NDCG@10 of two generators for three ways of weighing a
rating: likes only, by its distance from a neutral 2.5 points, by its distance from the user's own shrunken mean.
Every way gets its own regularisation, chosen on an earlier cut. The last line is JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.reporting import data_folder, finish, measured, say, show
from interactions.weights import EventWeights
from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.generators.registry import GeneratorSettings, build
from recommender.history import History
from recommender.metrics import Estimate, EvaluationProtocol, RatingErrors, Truth, interval, per_user, truth_of
from recommender.preprocessing import Preprocessing, PreprocessingSettings, RatingMeans
from recommender.retrieval import batches
from recommender.topk import top_k
from recommender.vocabulary import Vocabulary
from warehouse.windows import midnight

K = 10
LIKED = 4.0
# before the first the times of low ratings are rough; regularisation is chosen on the first, judged on the second
CUTS = (date(2000, 11, 20), date(2000, 12, 3))
_FOREVER = 1e6
CHOICES = {
    "EASE": [{"regularisation": value, "half_life_days": _FOREVER} for value in (20.0, 100.0, 400.0)],
    "ALS": [{"factors": 96, "regularisation": value, "half_life_days": _FOREVER} for value in (10.0, 60.0)],
}
Weigh = Callable[[pd.DataFrame], pd.DataFrame]


def likes_only(events: pd.DataFrame) -> pd.DataFrame:
    """1 from 4 points on; all else is only seen."""
    return events.assign(weight=(events["value"] >= LIKED).astype(float))


def neutral_points(events: pd.DataFrame) -> pd.DataFrame:
    """The weight of an event."""
    return events.assign(weight=EventWeights().confidence(events))


def own_mean(events: pd.DataFrame) -> pd.DataFrame:
    """The event's weight centred by preprocessing, the default of a spine; all events lie before the last cut."""
    weighed = neutral_points(events)
    nobody = pd.DataFrame({"user_id": []}), pd.DataFrame({"item_id": []})
    return Preprocessing.fit(*nobody, weighed, PreprocessingSettings(centre_ratings=True)).weighted(weighed, CUTS[-1])


WAYS: dict[str, Weigh] = {"likes only": likes_only, "neutral 2.5": neutral_points, "user's own mean": own_mean}


@dataclass(frozen=True, eq=False)
class Split:
    """One cut: what is before it, and what users who are known by then liked after it."""

    past: pd.DataFrame
    cut: date
    truth: Truth

    @classmethod
    def at(cls, events: pd.DataFrame, cut: date, end: date | None = None) -> Split:
        """Truth lies before ``end``, or goes to the last day."""
        past = events[events["ts"] < midnight(cut)]
        later = events[(events["ts"] >= midnight(cut)) & (events["value"] >= LIKED)]
        later = later[later["user_id"].isin(past["user_id"])]
        inside = later if end is None else later[later["ts"] < midnight(end)]
        history = History.from_events(past.assign(weight=1.0), cut, Vocabulary.of(past["item_id"].unique()))
        return cls(past, cut, truth_of(inside, history))

    def ndcg(self, way: Weigh, kind: str, parameters: dict[str, Any]) -> NDArray[np.float64]:
        """Per user, of one generator fitted on ratings weighed this way."""
        items = self.truth.items
        history = History.from_events(way(self.past), self.cut, items)
        training = TrainingData(history, aligned(pd.DataFrame({"item_id": items.ids}), items))
        model = build(GeneratorSettings(kind, kind.lower(), parameters)).fit(training)
        rows = history.of_users(self.truth.users.ids)
        parts = [rows.rows(codes) for codes in batches(rows)]
        lists = [top_k(model.score(part), K, part.seen())[0] for part in parts]
        return np.asarray(per_user(np.concatenate(lists), self.truth, K)["ndcg"], dtype=np.float64)


def errors(split: Split, after: pd.DataFrame) -> list[dict[str, Any]]:
    """RMSE and MAE on all ratings after the cut, new users and items included."""
    users, actual = after["user_id"].to_numpy(dtype=object), after["value"].to_numpy(dtype=np.float64)
    rows = [_error_row("mean of all", RatingErrors.of(users, np.full(len(after), split.past["value"].mean()), actual))]
    for name, strength in (("plain means", 0.0), ("shrunken by 10", 10.0), ("shrunken by the data", None)):
        model = RatingMeans.fit(split.past, strength=strength)
        predicted = np.clip(model.predict(split.past, after["user_id"], after["item_id"]), 1, 5)
        strengths = {"items' strength": model.item_strength, "users' strength": model.user_strength}
        rows.append(_error_row(name, RatingErrors.of(users, predicted, actual)) | strengths)
    return rows


def _error_row(name: str, found: RatingErrors) -> dict[str, Any]:
    return {"prediction": name} | _cells("RMSE", found.rmse) | _cells("MAE", found.mae)


def _cells(name: str, estimate: Estimate) -> dict[str, Any]:
    return {name: estimate.value, f"{name} interval": f"{estimate.lower:.4f} .. {estimate.upper:.4f}"}


def weighings(tuning: Split, judged: Split) -> list[dict[str, Any]]:
    """NDCG@10 of every generator and way, and the paired difference to the weight of an event."""
    rows: list[dict[str, Any]] = []
    for kind, choices in CHOICES.items():
        found: dict[str, NDArray[np.float64]] = {}
        for name, way in WAYS.items():
            reached = [float(tuning.ndcg(way, kind, choice).mean()) for choice in choices]
            best = choices[int(np.argmax(reached))]
            found[name], cost = measured(partial(judged.ndcg, way, kind, best))
            say(f"{kind}, {name}: {found[name].mean():.4f} with {best}, on the earlier cut {np.round(reached, 4)}")
            rows.append({"generator": kind, "weight": name, "NDCG@10": float(found[name].mean()), **cost.figures()})
        for row in rows[-len(WAYS) :]:
            gain = interval(found[row["weight"]] - found["neutral 2.5"])
            row |= {"difference": gain.value, "interval": f"{gain.lower:+.4f} .. {gain.upper:+.4f}"}
    return rows


def main() -> None:
    """Measure, print two tables and the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default=None, help="the data root; default $DATA, else ../shared/data")
    asked = parser.parse_args()
    events = _events(asked.folder)
    tuning, judged = Split.at(events, CUTS[0], CUTS[1]), Split.at(events, CUTS[1])
    after = events[events["ts"] >= midnight(CUTS[1])]
    predicted = errors(judged, after)
    show("Predicted ratings", predicted, f"time split at {CUTS[1]}, {len(after):,} ratings, all users and items")
    weighed = weighings(tuning, judged)
    protocol = EvaluationProtocol(
        f"time split at {CUTS[1]}", f"ratings >= {LIKED:g}, known users", "seen masked", K, len(judged.truth.users)
    )
    show("What a rating weighs", weighed, str(protocol))
    finish({"bench": "ratings", "protocol": str(protocol), "errors": predicted, "weights": weighed})


def _events(folder: str | None) -> pd.DataFrame:
    root = data_folder("ml-1m", ["events.parquet"], Path(folder) if folder else None)
    events = pd.read_parquet(root / "events.parquet").astype({"user_id": str, "item_id": str, "value": "float64"})
    return events.assign(ts=pd.to_datetime(events["ts"], utc=True), event_type="rating")


if __name__ == "__main__":
    main()
