"""Fitting the spine without leaks: targets come from later slices than everything the ranker sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from recommender.catalogue import Catalogue, aligned
from recommender.generators import TrainingData
from recommender.generators.registry import build
from recommender.history import History
from recommender.label_slice import LabelSlice
from recommender.lifts import Lift, told_lifts
from recommender.metrics import Truth, truth_of
from recommender.preprocessing import Preprocessing
from recommender.schema import FeatureSchema
from recommender.second_step import fit_second_step
from recommender.settings import SpineSettings
from recommender.source import TrainingSource
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary
from warehouse.columns import ITEM, TS, USER
from warehouse.windows import Window, midnight

Progress = Callable[[str], None]


def fit_spine(
    source: TrainingSource, as_of: date, settings: SpineSettings, progress: Progress, segment_id: str
) -> Spine:
    """Fit both steps.

    For every slice ``[cutoff, cutoff + label_days)`` back from ``as_of``, history before its cutoff fits generators
    that propose candidates, and the slice's positive events are the ranker's targets; user and item features are read
    as of the cutoff. Then the generators are fitted again on everything before ``as_of``.
    """
    events = source.events(_training_window(source, as_of, settings))
    cutoffs = [as_of - timedelta(days=settings.label_days * back) for back in range(settings.label_slices, 0, -1)]
    inner = cutoffs[-1]
    users, past = source.users(inner), _before(events, inner)
    preprocessing = Preprocessing.fit(users, source.items(inner), past, settings.preprocessing)
    lifts = told_lifts(settings.lifts, users)
    slices = []
    for cutoff in cutoffs:
        part = _slice(source, events, cutoff, settings, preprocessing, lifts, progress)
        slices += [part] if part is not None else []
    schema = FeatureSchema.of(preprocessing, settings.names, lifts)
    second = fit_second_step(slices, schema, settings, progress)
    progress(f"generators before {as_of}")
    final, history = _first_step(source, _before(events, as_of), as_of, settings, preprocessing, lifts)
    facts = second.facts | _counts(history, as_of, inner) | {"preprocessing": preprocessing.report}
    return replace(
        final,
        ranker=second.ranker,
        weights=second.weights,
        stranger=second.stranger,
        facts=facts,
        segment_id=segment_id,
    )


def _slice(
    source: TrainingSource,
    events: pd.DataFrame,
    cutoff: date,
    settings: SpineSettings,
    preprocessing: Preprocessing,
    lifts: Sequence[str],
    progress: Progress,
) -> LabelSlice | None:
    """None where nothing happened before the cutoff or nobody liked anything new after it."""
    past = _before(events, cutoff)
    if len(past) == 0:
        return None
    progress(f"generators before {cutoff}")
    spine, history = _first_step(source, past, cutoff, settings, preprocessing, lifts)
    labels = _labels(events, cutoff, cutoff + timedelta(days=settings.label_days))
    truth = _sampled(truth_of(labels, history), settings)
    if len(truth.users) == 0:
        return None
    return LabelSlice.of(spine, history.of_users(truth.users.ids), source.users(cutoff), truth)


def _training_window(source: TrainingSource, as_of: date, settings: SpineSettings) -> Window:
    first = max(source.span().start, as_of - timedelta(days=settings.history_days))
    return Window(min(first, as_of), as_of)


def _before(events: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    return events.loc[pd.to_datetime(events[TS], utc=True) < midnight(cutoff)]


def _first_step(
    source: TrainingSource,
    past: pd.DataFrame,
    cutoff: date,
    settings: SpineSettings,
    preprocessing: Preprocessing,
    lifts: Sequence[str],
) -> tuple[Spine, History]:
    """A spine without a second step, and the history that it was fitted on."""
    training = training_data(source.items(cutoff), past, cutoff, settings, preprocessing)
    history = training.history
    users = source.users(cutoff) if lifts else pd.DataFrame({USER: []})
    counted = [Lift.of(name, users, history) for name in lifts]
    spine = Spine(
        as_of=cutoff,
        settings=settings,
        generators=tuple(build(generator).fit(training) for generator in settings.generators),
        schema=FeatureSchema.of(preprocessing, settings.names, lifts),
        catalogue=Catalogue.of(training.items, preprocessing.items, history, counted),
        weights=settings.weights,
        preprocessing=preprocessing,
    )
    return spine, history


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


def _sampled(truth: Truth, settings: SpineSettings) -> Truth:
    count, most = len(truth.users), max(settings.ranker.users // settings.label_slices, 1)
    if count <= most:
        return truth
    return truth.rows(np.sort(np.random.default_rng(settings.seed).choice(count, most, replace=False)))


def _counts(history: History, as_of: date, inner: date) -> dict[str, Any]:
    return {
        "as_of": as_of.isoformat(),
        "label_window": [inner.isoformat(), as_of.isoformat()],
        "users": len(history.users),
        "items": len(history.items),
        "pairs": int(history.weights.nnz),
    }
