"""NCF predicts from a profile of items, and serves without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.generators.ncf import NCF, first_weights, logits, profile
from recommender.history import History
from recommender.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def training(small_world: Any, as_of: Any) -> TrainingData:
    items = Vocabulary.of(small_world.catalogue["item_id"])
    history = History.from_events(small_world.log, as_of, items)
    return TrainingData(history, aligned(small_world.items(as_of), items))


def test_users_get_items_of_the_kind_in_their_history(training: TrainingData) -> None:
    pytest.importorskip("torch", reason="torch is not installed: extra 'neural'")
    scores = NCF(factors=8, hidden=8, epochs=30, learning_rate=0.02).fit(training).score(training.history)
    liked = training.history.liked().toarray()
    taste, found = (
        np.stack([values[:, kind::3].sum(axis=1) for kind in range(3)], axis=1).argmax(axis=1)
        for values in (liked, scores)
    )
    assert (taste == found).mean() > 0.9


def test_numpy_and_torch_compute_the_same_logits() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: extra 'neural'")
    from recommender.generators.ncf_training import logits_of

    rng = np.random.default_rng(3)
    weights = {
        name: (a + rng.normal(0, 0.3, a.shape)).astype(np.float32) for name, a in first_weights(7, 4, 6, 1).items()
    }
    users = rng.normal(0, 1, (5, 8)).astype(np.float32)
    values = {name: torch.from_numpy(array) for name, array in weights.items()}
    everything = torch.arange(7).repeat(5, 1)
    expected = logits_of(torch, values, torch.from_numpy(users), everything).numpy()
    np.testing.assert_allclose(logits(weights, users), expected, atol=1e-5)


def test_a_profile_sums_to_one_or_is_empty(training: TrainingData) -> None:
    sums = np.asarray(profile(training.history, 30.0).sum(axis=1)).ravel()
    np.testing.assert_allclose(sums[sums > 0], 1, rtol=1e-5)
    nobody = History.empty(Vocabulary.of(["new"]), training.history.items, training.history.as_of)
    assert profile(nobody, 30.0).nnz == 0
