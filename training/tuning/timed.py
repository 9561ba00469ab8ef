"""Tuning windows of timed events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from recommender.preprocessing import Preprocessing
from recommender.settings import SpineSettings
from recommender.source import TrainingSource
from recommender.two_stage import training_data
from training.tuning.windows import TuningWindow
from warehouse.windows import Window


def timed_windows(
    source: TrainingSource, windows: Sequence[Window], settings: SpineSettings, users: int | None = None
) -> list[TuningWindow]:
    """One tuning window for every window of days: what was before its start, and what users liked in it.

    Nothing after a window's start reaches its training data, not even the features of users and items.

    Args:
        source: events and features.
        windows: of the truth; the gate's must not be among them.
        settings: how far back events are read, and how they are prepared.
        users: evaluated in a window, at most.

    Raises:
        ValueError: a window in which nobody likes anything new.
    """
    return [_window(source, window, settings, users) for window in windows]


def _window(source: TrainingSource, window: Window, settings: SpineSettings, users: int | None) -> TuningWindow:
    cutoff = window.start
    first = max(source.span().start, cutoff - timedelta(days=settings.history_days))
    past, listed = source.events(Window(min(first, cutoff), cutoff)), source.items(cutoff)
    preprocessing = Preprocessing.fit(source.users(cutoff), listed, past, settings.preprocessing)
    holdout = source.events(window)
    training = training_data(listed, past, cutoff, settings, preprocessing)
    return TuningWindow.of(training, holdout[holdout["positive"].astype(bool)], users)
