"""EASE as a generator: exact while memory allows, neighbours beyond, and it says so."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators.ease import EASE
from recommender.generators.item_item import ItemItem
from recommender.generators.protocol import TrainingData
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)


@pytest.fixture(scope="module")
def training() -> TrainingData:
    rng = np.random.default_rng(4)
    pairs = pd.DataFrame(np.argwhere(rng.random((60, 12)) < 0.4), columns=["user_id", "item_id"]).astype(str)
    events = pairs.assign(ts=datetime(2026, 2, 1, tzinfo=UTC), weight=1.0)
    history = History.from_events(events, AS_OF, Vocabulary.of(map(str, range(12))))
    return TrainingData(history, aligned(pd.DataFrame({"item_id": history.items.ids}), history.items))


def test_all_neighbours_kept_sparsely_score_as_the_whole_matrix(training: TrainingData) -> None:
    whole, cut = EASE().fit(training), EASE(neighbours=11).fit(training)
    np.testing.assert_allclose(cut.score(training.history), whole.score(training.history), rtol=1e-5, atol=1e-6)


def test_a_cut_keeps_at_most_its_neighbours(training: TrainingData) -> None:
    cut = EASE(neighbours=3).fit(training)
    arrays, _ = cut.state()
    assert np.diff(arrays["weights.indptr"]).max() <= 3


def test_a_catalogue_beyond_the_memory_gets_cosine_neighbours_and_a_warning(
    training: TrainingData, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        small = EASE(memory_gib=1e-9, neighbours=5).fit(training)
    cosine = ItemItem(neighbours=5, measure="cosine").fit(training)
    np.testing.assert_array_equal(small.weights.toarray(), cosine.similarity.toarray())
    assert "EASE of 12 items needs" in caplog.text
    assert "cosine neighbours stand in" in caplog.text


def test_the_memory_bound_names_the_largest_exact_catalogue() -> None:
    assert EASE(memory_gib=2.0).most_items >= 10_000
    assert EASE(memory_gib=8.0).most_items == pytest.approx(2 * EASE(memory_gib=2.0).most_items, rel=1e-3)
