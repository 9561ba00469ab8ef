"""BPR ranks what a user's kind likes above what it does not, whoever the user is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.generators.bpr import BPR
from recommender.history import History
from recommender.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def training(small_world: Any, as_of: Any) -> TrainingData:
    items = Vocabulary.of([*small_world.catalogue["item_id"], "untouched"])
    history = History.from_events(small_world.log, as_of, items)
    return TrainingData(history, aligned(small_world.items(as_of), items))


@pytest.fixture(scope="module")
def fitted(training: TrainingData) -> BPR:
    return BPR(factors=8, iterations=40).fit(training)


def _tastes(training: TrainingData) -> np.ndarray:
    """The kind that each user likes most; items are of kind ``code % 3``."""
    liked = training.history.liked().toarray()[:, :-1]
    return np.stack([liked[:, kind::3].sum(axis=1) for kind in range(3)], axis=1).argmax(axis=1)


def test_a_stranger_gets_items_of_the_kind_in_the_history(fitted: BPR, training: TrainingData) -> None:
    scores = fitted.score(training.history)[:, :-1]
    by_kind = np.stack([scores[:, kind::3].mean(axis=1) for kind in range(3)], axis=1)
    assert (by_kind.argmax(axis=1) == _tastes(training)).mean() > 0.9


def test_the_fold_comes_close_to_the_factors_that_training_found(fitted: BPR, training: TrainingData) -> None:
    model = fitted._trained(training.history.liked(), training.seed)
    learnt = np.asarray(model.user_factors)[:, :-1].ravel()
    folded = (fitted._mean(training.history) @ fitted.fold).ravel()
    assert np.corrcoef(learnt, folded)[0, 1] > 0.7


def test_an_item_nobody_liked_is_never_proposed(fitted: BPR, training: TrainingData) -> None:
    assert (fitted.score(training.history)[:, -1] == 0).all()


def test_a_user_without_history_scores_zero(fitted: BPR, training: TrainingData) -> None:
    nobody = History.empty(Vocabulary.of(["new"]), training.history.items, training.history.as_of)
    assert (fitted.score(nobody) == 0).all()


def test_more_threads_change_no_bit(fitted: BPR, training: TrainingData) -> None:
    threaded = TrainingData(training.history, training.items, training.seed, threads=2)
    again = BPR(factors=8, iterations=40).fit(threaded)
    np.testing.assert_array_equal(again.item_vectors, fitted.item_vectors)
