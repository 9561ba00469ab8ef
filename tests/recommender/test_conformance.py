"""What every generator, and the spine over them, must do."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import ALS, Content, Generator, ItemItem, Popularity, TrainingData
from recommender.generators.bpr import BPR
from recommender.generators.ease import EASE
from recommender.generators.last_basket import LastBasket
from recommender.generators.ncf import NCF
from recommender.generators.nearest_content import NearestContent
from recommender.generators.sequence import SASRec
from recommender.generators.trending import Trending
from recommender.generators.word2vec import Word2Vec
from recommender.history import History
from recommender.vocabulary import Vocabulary


def needs(module: str, name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed: extra '{name}'")


KINDS = [
    Popularity(),
    Popularity(counted="adoptions"),
    Popularity(counted="newcomers", newcomer_days=60),
    ItemItem(),
    ItemItem(measure="cosine"),
    ItemItem(measure="bm25"),
    ALS(factors=8, iterations=3),
    Content(),
    NearestContent(),
    Content(price_buckets=4, encoder="lengths", encode=lambda _, texts: np.array([[len(t), 1] for t in texts], "f4")),
    EASE(),
    EASE(neighbours=20),
    EASE(memory_gib=1e-9),
    Trending(),
    BPR(factors=8, iterations=5),
    LastBasket(),
    pytest.param(Word2Vec(factors=8, epochs=2), marks=needs("gensim", "word2vec")),
    pytest.param(SASRec(factors=8, length=10, epochs=2), marks=needs("torch", "neural")),
    pytest.param(NCF(factors=4, hidden=8, epochs=2), marks=needs("torch", "neural")),
]


@pytest.fixture(scope="module")
def training(small_world: Any, as_of: date) -> TrainingData:
    items = Vocabulary.of(small_world.catalogue["item_id"])
    history = History.from_events(small_world.log, as_of, items)
    return TrainingData(history, aligned(small_world.items(as_of), items))


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{type(kind).__name__}-{getattr(kind, 'measure', '')}")
def unfitted(request: pytest.FixtureRequest) -> Generator:
    kind: Generator = request.param
    return kind


@pytest.fixture(scope="module")
def fitted(unfitted: Generator, training: TrainingData) -> Generator:
    return unfitted.fit(training)


def test_scores_are_finite_float32_for_every_user_and_item(fitted: Generator, training: TrainingData) -> None:
    scores = fitted.score(training.history)
    assert scores.shape == (len(training.history.users), len(training.history.items))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert scores.std() > 0


def test_a_user_is_scored_by_history_alone(fitted: Generator, training: TrainingData) -> None:
    known = training.history.rows(np.array([4]))
    stranger = History(Vocabulary(np.array(["nobody"])), known.items, known.weights, known.age_days, known.as_of)
    np.testing.assert_array_equal(fitted.score(stranger), fitted.score(known))


def test_a_user_scores_the_same_alone_and_in_a_batch(fitted: Generator, training: TrainingData) -> None:
    everybody = fitted.score(training.history)
    alone = fitted.score(training.history.rows(np.array([7])))
    np.testing.assert_allclose(alone[0], everybody[7], rtol=1e-4, atol=1e-5)


def test_an_empty_history_gives_finite_scores(fitted: Generator, training: TrainingData) -> None:
    nobody = History.empty(Vocabulary.of(["a", "b"]), training.history.items, training.history.as_of)
    scores = fitted.score(nobody)
    assert scores.shape == (2, len(training.history.items))
    assert np.isfinite(scores).all()


def test_no_users_give_no_rows(fitted: Generator, training: TrainingData) -> None:
    nobody = History.empty(Vocabulary.empty(), training.history.items, training.history.as_of)
    assert fitted.score(nobody).shape == (0, len(training.history.items))


def test_fitting_twice_gives_equal_bits(unfitted: Generator, fitted: Generator, training: TrainingData) -> None:
    again = unfitted.fit(training)
    np.testing.assert_array_equal(again.score(training.history), fitted.score(training.history))


def test_fitting_leaves_the_original_unfitted(unfitted: Generator, fitted: Generator) -> None:
    before = sum(array.nbytes for name, array in unfitted.state()[0].items() if "indptr" not in name)
    after = sum(array.nbytes for name, array in fitted.state()[0].items() if "indptr" not in name)
    assert before < after


def test_a_state_restores_equal_scores(fitted: Generator, training: TrainingData) -> None:
    arrays, config = fitted.state()
    restored = type(fitted).from_state(arrays, config)
    np.testing.assert_array_equal(restored.score(training.history), fitted.score(training.history))
    assert restored.name == fitted.name


def test_an_empty_catalogue_is_refused_with_advice(unfitted: Generator, as_of: date) -> None:
    nothing = History.empty(Vocabulary.empty(), Vocabulary.empty(), as_of)
    with pytest.raises(ValueError, match=r"0 items.*ingest"):
        unfitted.fit(TrainingData(nothing, pd.DataFrame({"item_id": []})))


def test_a_catalogue_nobody_touched_is_fitted(unfitted: Generator, training: TrainingData, as_of: date) -> None:
    untouched = History.empty(Vocabulary.of(["a"]), training.history.items, as_of)
    scores = unfitted.fit(TrainingData(untouched, training.items)).score(training.history)
    assert np.isfinite(scores).all()


def test_a_catalogue_without_words_is_fitted(unfitted: Generator, training: TrainingData) -> None:
    bare = training.items[["item_id"]]
    scores = unfitted.fit(TrainingData(training.history, bare)).score(training.history)
    assert np.isfinite(scores).all()
