"""A spine and its rivals on windows of time: the weights of the blend are tuned on older windows than the test's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.paired_means import PairedMeans
from benchmarks.reporting import Cost, measured, say
from recommender.blend import BlendBlock, tuned_weights
from recommender.candidates import Candidates
from recommender.history import History
from recommender.metrics import Truth, per_user, truth_of
from recommender.settings import SpineSettings
from recommender.source import TrainingSource
from recommender.spine import Spine
from warehouse.columns import ITEM, TS, USER
from warehouse.windows import Window, midnight

K = 10
KNOWN, UNKNOWN = "known", "unknown"
SPINE, RANKER, BLEND, OWN_BLEND = "spine", "ranker", "tuned blend", "the spine's own blend"
DECAYED, ALL_TIME = "popularity, tau 14 d", "popularity of all time"
_PASSES = 4  # of the blend's search: the rival gets more than the spine gives its own


class Period(NamedTuple):
    """Days that are judged, and what for."""

    window: Window
    test: bool


@dataclass(frozen=True, eq=False)
class Judged:
    """One window's per-user NDCG: ``user_id band`` and a column per model; what the fit cost."""

    period: Period
    frame: pd.DataFrame
    block: BlendBlock
    spine: Spine
    cost: Cost


def judged(source: TrainingSource, period: Period, settings: SpineSettings) -> Judged:
    """Fit a spine before the window and judge it, and everything it is made of, on the window."""
    cutoff = period.window.start
    spine, cost = measured(lambda: Spine.fit(source, cutoff, settings))
    say(f"{period.window}: {spine.facts['order']} orders, fitted in {cost.cpu_seconds:.0f} CPU s")
    past = source.events(Window(source.span().start, cutoff))
    history = spine.history(past, cutoff)
    after = source.events(period.window)
    truth = truth_of(after[after["positive"]], history)
    own = history.of_users(truth.users.ids)
    rows = spine.candidates(own, source.users(cutoff))
    ranker = spine if spine.ranker else Spine.fit(source, cutoff, replace(settings, order="ranker"))
    by_ranker = rows.parent if ranker is spine else ranker.candidates(own, source.users(cutoff)).parent
    rankings = {SPINE: rows.parent, RANKER: by_ranker, OWN_BLEND: rows.blended(spine.weights), **rows.scores}
    frame = pd.DataFrame({USER: truth.users.ids.astype(object), "band": _bands(own)})
    for name, ranking in rankings.items():
        frame[name] = _ndcg(rows, ranking, truth)
    for name, tau in ((DECAYED, 14.0), (ALL_TIME, np.inf)):
        frame[name] = _ndcg_of_all(_popularity(past, history, tau), own, truth)
    return Judged(period, frame, BlendBlock.of(rows, truth), spine, cost)


def with_blend(windows: Sequence[Judged]) -> tuple[list[Judged], dict[str, float]]:
    """Every window with the column of the blend tuned on the validation windows' known users, and its weights."""
    settings = windows[0].spine.settings
    validation = [part.block for part in windows if not part.period.test]
    weights = tuned_weights(validation, settings.weights, K, _PASSES)
    return [replace(part, frame=part.frame.assign(**{BLEND: part.block.ndcg(weights, K)})) for part in windows], weights


def without_one(windows: Sequence[Judged], name: str, without: str) -> list[Judged]:
    """Every window with a column ``name``: a blend tuned in the same way without one generator."""
    rest = {entry: weight for entry, weight in windows[0].spine.settings.weights.items() if entry != without}
    weights = tuned_weights([part.block for part in windows if not part.period.test], rest, K, _PASSES)
    return [replace(part, frame=part.frame.assign(**{name: part.block.ndcg(weights, K)})) for part in windows]


def best_single(windows: Sequence[Judged]) -> str:
    """The generator with the highest mean over the validation windows' known users."""
    means = {name: float(np.mean(_validation(windows, name, KNOWN))) for name in windows[0].spine.settings.names}
    return max(means, key=lambda name: means[name])


def rows_of(windows: Sequence[Judged], models: Sequence[str], bands: Sequence[str]) -> list[dict[str, Any]]:
    """A table: mean over the validation windows, the test window's mean and the gain of the spine with its interval."""
    test = next(part for part in windows if part.period.test)
    rows: list[dict[str, Any]] = []
    for band in bands:
        means = PairedMeans(test.frame[test.frame["band"] == band], (band,))
        for name in models:
            row = {"users": band, "model": name, "validation": float(np.mean(_validation(windows, name, band)))}
            gain = "" if name == SPINE else str(means.gain(SPINE, name, band))
            rows.append({**row, "test": means.mean(name, band), "spine against it, % [95 %]": gain})
    return rows


def figures(windows: Sequence[Judged], weights: Mapping[str, float]) -> dict[str, Any]:
    """What the last line says."""
    test = next(part for part in windows if part.period.test)
    single = best_single(windows)
    known, unknown = (PairedMeans(test.frame[test.frame["band"] == band], (band,)) for band in (KNOWN, UNKNOWN))
    return {
        "spine_ndcg10": known.mean(SPINE),
        "ranker_ndcg10": known.mean(RANKER),
        "blend_ndcg10": known.mean(BLEND),
        "best_single": single,
        "best_single_ndcg10": known.mean(single),
        "gain_over_best_single": known.gain(SPINE, single, KNOWN).figures(),
        "gain_over_blend": known.gain(SPINE, BLEND, KNOWN).figures(),
        "unknown_ndcg10": unknown.mean(SPINE),
        "unknown_decayed_popularity_ndcg10": unknown.mean(DECAYED),
        "unknown_gain_over_decayed_popularity": unknown.gain(SPINE, DECAYED, UNKNOWN).figures(),
        "singles": {name: known.mean(name) for name in test.spine.settings.names},
        "orders": [part.spine.facts["order"] for part in windows],
        "strangers": [part.spine.facts["strangers"] for part in windows],
        "validation_spine_ndcg10": float(np.mean(_validation(windows, SPINE, KNOWN))),
        "validation_blend_ndcg10": float(np.mean(_validation(windows, BLEND, KNOWN))),
        "validation_best_single_ndcg10": float(np.mean(_validation(windows, single, KNOWN))),
        "validation_unknown_ndcg10": float(np.mean(_validation(windows, SPINE, UNKNOWN))),
        "blend_weights": dict(weights),
        **test.cost.figures("fit_"),
    }


def periods(first: date, days: int, count: int) -> list[Period]:
    """``count`` windows one after the other; the last is the test's."""
    starts = [first + timedelta(days=days * number) for number in range(count)]
    return [Period(Window(start, start + timedelta(days=days)), start == starts[-1]) for start in starts]


def _validation(windows: Sequence[Judged], name: str, band: str) -> list[float]:
    frames = [part.frame for part in windows if not part.period.test]
    return [float(frame.loc[frame["band"] == band, name].mean()) for frame in frames]


def _bands(history: History) -> NDArray[np.object_]:
    return np.where(np.diff(history.weights.indptr) > 0, KNOWN, UNKNOWN).astype(object)


def _ndcg(rows: Candidates, ranking: NDArray[np.float32], truth: Truth) -> NDArray[np.float64]:
    return per_user(rows.top(ranking, K)[0], truth, K)["ndcg"].to_numpy(np.float64)


def _ndcg_of_all(scores: NDArray[np.float64], history: History, truth: Truth) -> NDArray[np.float64]:
    """Of one ranking for everybody, seen items left out."""
    order = np.argsort(-scores, kind="stable")
    seen = history.seen().toarray()
    lists = np.stack([order[~row[order]][:K] for row in seen])
    return per_user(lists, truth, K)["ndcg"].to_numpy(np.float64)


def _popularity(past: pd.DataFrame, history: History, tau: float) -> NDArray[np.float64]:
    """Positive events by item, each weighing ``exp(-age / tau)``."""
    liked = past[past["positive"]]
    end = pd.Timestamp(midnight(history.as_of))
    age = (end - pd.to_datetime(liked[TS], utc=True)).dt.total_seconds().to_numpy() / 86_400
    codes = history.items.codes(liked[ITEM].to_numpy(dtype=object))
    total = np.bincount(codes, weights=np.exp(-age / tau), minlength=len(history.items))
    return np.asarray(total, dtype=np.float64)
