"""Fitting the spine without leaks: targets come from a later slice than everything the ranker sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.catalogue import Catalogue, aligned
from recommender.features import assemble, user_matrix
from recommender.generators import Generator, TrainingData
from recommender.generators.registry import build
from recommender.history import History
from recommender.metrics import Truth, hit_pairs, truth_of
from recommender.preprocessing import Preprocessing
from recommender.ranker import Labelled, LambdaRanker, fit_booster
from recommender.retrieval import Pairs, batches, retrieve
from recommender.schema import FeatureSchema
from recommender.settings import RankerSettings, SpineSettings
from recommender.source import TrainingSource
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary
from warehouse.columns import ITEM, TS
from warehouse.windows import Window, midnight

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class FirstStep:
    """Generators fitted at one cutoff, with what they were fitted on."""

    history: History
    catalogue: Catalogue
    generators: tuple[Generator, ...]


def fit_spine(
    source: TrainingSource, as_of: date, settings: SpineSettings, progress: Progress, segment_id: str
) -> Spine:
    """Fit both steps.

    History before ``as_of - label_days`` fits the generators that propose the ranker's candidates; positive events
    in ``[as_of - label_days, as_of)`` are its targets; user and item features are read as of the inner cutoff. Then
    the generators are fitted again on everything before ``as_of``.
    """
    inner = as_of - timedelta(days=settings.label_days)
    events = source.events(_training_window(source, as_of, settings))
    progress(f"generators before {inner}")
    users, past = source.users(inner), _before(events, inner)
    preprocessing = Preprocessing.fit(users, source.items(inner), past, settings.preprocessing)
    first = _first_step(source, past, inner, settings, preprocessing) if len(past) else None
    ranker, facts = None, _no_ranker(0, settings.ranker)
    if first is not None:
        labels = _labels(events, inner, as_of)
        ranker, facts = _fit_ranker(first, labels, users, preprocessing, settings, progress)
    progress(f"generators before {as_of}")
    final = _first_step(source, _before(events, as_of), as_of, settings, preprocessing)
    facts |= _counts(final.history, as_of, inner) | {"preprocessing": preprocessing.report}
    schema = FeatureSchema.of(preprocessing, settings.names)
    return Spine(as_of, settings, final.generators, schema, final.catalogue, ranker, facts, segment_id, preprocessing)


def _training_window(source: TrainingSource, as_of: date, settings: SpineSettings) -> Window:
    first = max(source.span().start, as_of - timedelta(days=settings.history_days))
    return Window(min(first, as_of), as_of)


def _before(events: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    return events.loc[pd.to_datetime(events[TS], utc=True) < midnight(cutoff)]


def _first_step(
    source: TrainingSource, past: pd.DataFrame, cutoff: date, settings: SpineSettings, preprocessing: Preprocessing
) -> FirstStep:
    training = training_data(source.items(cutoff), past, cutoff, settings, preprocessing)
    generators = tuple(build(generator).fit(training) for generator in settings.generators)
    return FirstStep(training.history, Catalogue.of(training.items, preprocessing.items, training.history), generators)


def training_data(
    listed: pd.DataFrame, past: pd.DataFrame, cutoff: date, settings: SpineSettings, preprocessing: Preprocessing
) -> TrainingData:
    """What the generators of a spine are fitted on: ``past`` events over the listed items and those of the events."""
    vocabulary = Vocabulary.of([*listed[ITEM].unique(), *past[ITEM].unique()])
    history = History.from_events(preprocessing.weighted(past, cutoff), cutoff, vocabulary)
    return TrainingData(history, aligned(listed, vocabulary), settings.seed, settings.threads)


def _labels(events: pd.DataFrame, inner: date, as_of: date) -> pd.DataFrame:
    ts = pd.to_datetime(events[TS], utc=True)
    return events.loc[(ts >= midnight(inner)) & (ts < midnight(as_of)) & events["positive"].astype(bool)]


def _fit_ranker(
    first: FirstStep,
    labels: pd.DataFrame,
    users: pd.DataFrame,
    preprocessing: Preprocessing,
    settings: SpineSettings,
    progress: Progress,
) -> tuple[LambdaRanker | None, dict[str, Any]]:
    truth = _sampled(truth_of(labels, first.history), settings)
    history = first.history.of_users(truth.users.ids)
    pairs = _proposals(first.generators, history, settings)
    relevant = hit_pairs(pairs.user_code, pairs.item_code, truth)
    labelled = len(np.unique(pairs.user_code[relevant]))
    if labelled < settings.ranker.minimum_users:
        return None, _no_ranker(labelled, settings.ranker)
    features = user_matrix(users, truth.users.ids, preprocessing.users)
    schema = FeatureSchema.of(preprocessing, settings.names)
    texts, curves = [], []
    for seed in settings.ranker.seeds:
        progress(f"ranker, seed {seed}: {labelled} labelled users")
        rows = sampled_rows(pairs, relevant, settings.ranker.negatives, seed)
        sample = _labelled(pairs.pick(rows), relevant[rows], history, first.catalogue, features, settings)
        text, curve = fit_booster(sample, schema.categorical, settings.ranker, seed, settings.threads)
        texts.append(text)
        curves.append(curve)
    ranker = LambdaRanker(tuple(texts), settings.threads)
    return ranker, _ranker_facts(ranker, schema, labelled, int(relevant.sum()), curves)


def _sampled(truth: Truth, settings: SpineSettings) -> Truth:
    count = len(truth.users)
    if count <= settings.ranker.users:
        return truth
    chosen = np.sort(np.random.default_rng(settings.seed).choice(count, settings.ranker.users, replace=False))
    return Truth(Vocabulary(truth.users.ids[chosen]), truth.items, truth.matrix[chosen], truth.relevant[chosen])


def _proposals(generators: tuple[Generator, ...], history: History, settings: SpineSettings) -> Pairs:
    parts = [(codes[0], retrieve(generators, history.rows(codes), settings.candidates)) for codes in batches(history)]
    if not parts:
        return retrieve(generators, history, settings.candidates)
    return Pairs(
        user_code=np.concatenate([pairs.user_code + start for start, pairs in parts]),
        item_code=np.concatenate([pairs.item_code for _, pairs in parts]),
        scores=np.concatenate([pairs.scores for _, pairs in parts]),
        ranks=np.concatenate([pairs.ranks for _, pairs in parts]),
        from_parent=np.concatenate([pairs.from_parent for _, pairs in parts]),
    )


def sampled_rows(pairs: Pairs, relevant: NDArray[np.bool_], negatives: int, seed: int) -> NDArray[np.int64]:
    """Row numbers of a ranker's sample: every relevant row and ``negatives`` others, of users with a relevant row."""
    users = pairs.user_code
    useful = np.isin(users, users[relevant])
    lottery = np.random.default_rng(seed).random(len(users))
    lottery[relevant] = -1
    order = np.lexsort((lottery, users))
    start = np.searchsorted(users, users)  # first row of each row's user: rows are sorted by user
    position = np.empty(len(users), dtype=np.int64)
    position[order] = np.arange(len(users)) - start[order]
    wins = np.bincount(users, weights=relevant)[users]
    return np.flatnonzero(useful & (position < wins + negatives))


def _labelled(
    pairs: Pairs,
    relevant: NDArray[np.bool_],
    history: History,
    catalogue: Catalogue,
    user_features: NDArray[np.float32],
    settings: SpineSettings,
) -> Labelled:
    blocks = []
    for codes in batches(history):
        low, high = np.searchsorted(pairs.user_code, [codes[0], codes[-1] + 1])
        rows = pairs.pick(np.arange(low, high))
        local = Pairs(rows.user_code - codes[0], rows.item_code, rows.scores, rows.ranks, rows.from_parent)
        batch = history.rows(codes)
        blocks.append(assemble(local, batch, catalogue, user_features[codes], settings.taste_half_life))
    groups = np.unique(pairs.user_code, return_counts=True)[1].astype(np.int64)
    return Labelled(np.concatenate(blocks), relevant, groups)


def _no_ranker(labelled: int, settings: RankerSettings) -> dict[str, Any]:
    reason = f"{labelled} labelled users, {settings.minimum_users} needed: the fixed blend orders"
    return {"ranker": "blend", "ranker_reason": reason, "labelled_users": labelled}


def _ranker_facts(
    ranker: LambdaRanker, schema: FeatureSchema, users: int, targets: int, curves: list[list[float]]
) -> dict[str, Any]:
    gains = sorted(zip(ranker.importance(), schema.names, strict=True), reverse=True)
    return {
        "ranker": "lambdarank",
        "ranker_seeds": len(ranker.texts),
        "labelled_users": users,
        "targets": targets,
        "learning_curve": curves,
        "importance": {name: round(float(gain), 4) for gain, name in gains[:20]},
    }


def _counts(history: History, as_of: date, inner: date) -> dict[str, Any]:
    return {
        "as_of": as_of.isoformat(),
        "label_window": [inner.isoformat(), as_of.isoformat()],
        "users": len(history.users),
        "items": len(history.items),
        "pairs": int(history.weights.nnz),
    }
