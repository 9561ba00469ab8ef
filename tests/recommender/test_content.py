"""What items say of themselves: words, price, vectors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from recommender.catalogue import aligned
from recommender.generators import Content, TrainingData
from recommender.generators.content import documents
from recommender.generators.embeddings import embeddings
from recommender.generators.sentence_encoder import sentence_embeddings
from recommender.history import History
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
VECTORS = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], None, [0.5, 0.5]]


def _training(**columns: Any) -> TrainingData:
    """One user who likes ``a`` of the items ``a`` to ``e``."""
    frame = pd.DataFrame({"user_id": ["u"], "item_id": ["a"], "weight": [1.0]})
    frame["ts"] = datetime(2026, 2, 20, tzinfo=UTC)
    history = History.from_events(frame, AS_OF, Vocabulary.of("abcde"))
    return TrainingData(history, aligned(pd.DataFrame({"item_id": list("abcde"), **columns}), history.items))


def _scores(model: Content, training: TrainingData) -> NDArray[np.float32]:
    return model.fit(training).score(training.history)[0]


def test_an_embedding_column_finds_what_words_do_not() -> None:
    training = _training(vector=VECTORS)
    scores = _scores(Content(embedding="vector"), training)
    assert np.argsort(-scores[1:])[0] == 0, "b points almost where a does"
    assert scores[3] == 0, "an item without a vector is like nothing"
    assert _scores(Content(), training).max() == 0


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_score_is_the_weighted_sum_of_both_cosines(weight: float) -> None:
    training = _training(vector=VECTORS, title=["red boots", "novel", "red boots", "blue boots", "lamp"])
    words, both = _scores(Content(), training), Content(embedding="vector", dense_weight=weight)
    table = np.array([v or [0.0, 0.0] for v in VECTORS])
    length = np.linalg.norm(table, axis=1)
    cosine = np.divide(table @ table[0], length, out=np.zeros(5), where=length > 0)
    np.testing.assert_allclose(_scores(both, training), (1 - weight) * words + weight * cosine, atol=1e-6)


def test_arrays_and_missing_values_are_read_like_lists() -> None:
    frame = pd.DataFrame({"item_id": ["a", "b", "c"], "vector": [np.array([3.0, 4.0]), None, np.nan]})
    assert embeddings(frame, "vector").tolist() == [[3.0, 4.0], [0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("wrong", [[1.0], [1.0, np.inf]])
def test_a_ragged_or_infinite_vector_is_refused_by_name(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="item 'b' has"):
        Content(embedding="vector").fit(_training(vector=[[1.0, 0.0], wrong, None, None, None]))


def test_a_missing_embedding_column_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r"expected the column 'vector'.*leave 'embedding' out"):
        Content(embedding="vector").fit(_training())


def test_vectors_come_from_one_place() -> None:
    with pytest.raises(ValueError, match="set only one"):
        Content(embedding="vector", encoder="small")


def test_prices_are_words_of_equally_filled_bands() -> None:
    items = pd.DataFrame({"item_id": list("abcd"), "price": [1.0, 2.0, 100.0, np.nan]})
    bands = documents(items, 3)
    assert bands == ["price_band_0", "price_band_1", "price_band_2", ""]
    assert documents(items) == ["", "", "", ""]


def test_items_of_a_like_price_are_alike() -> None:
    scores = _scores(Content(price_buckets=2), _training(price=[1.0, 2.0, 90.0, 95.0, 99.0]))
    assert scores[1] > scores[2:].max()


def _counted_letters(model: str, texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[text.count(letter) for letter in "abdlmnor"] for text in texts], dtype=np.float32)


def test_an_encoder_reads_title_and_text() -> None:
    training = _training(title=["moon", "moonlight", "bread", "bald", "arm"], text=["lamp"] * 5)
    scores = _scores(Content(encoder="letters", encode=_counted_letters, dense_weight=1.0), training)
    assert scores[1] > scores[2:].max()


def test_a_fitted_encoder_is_not_needed_to_score() -> None:
    fitted = Content(encoder="letters", encode=_counted_letters).fit(_training(title=["moon"] * 5))
    arrays, config = fitted.state()
    assert "encode" not in config
    training = _training()
    np.testing.assert_array_equal(
        Content.from_state(arrays, config).score(training.history), fitted.score(training.history)
    )


@pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="the extra 'text' is installed")
def test_without_the_extra_the_error_names_it() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"tessera\[text\]"):
        Content(encoder="small").fit(_training(title=["moon"] * 5))


def test_only_local_safetensors_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Encoder:
        def __init__(self, model: str, **options: Any) -> None:
            asked.update(options, model=model)

        def encode(self, texts: list[str], **_: Any) -> NDArray[np.float64]:
            return np.ones((len(texts), 3))

    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=Encoder))  # type: ignore[arg-type]
    assert sentence_embeddings("small", ["a", "b"]).shape == (2, 3)
    assert asked["local_files_only"]
    assert asked["model_kwargs"] == {"use_safetensors": True}


def test_missing_model_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(model: str, **_: Any) -> None:
        raise OSError("not found")

    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=refuse))  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match=r"'small' with safetensors.*hf download small"):
        sentence_embeddings("small", ["a"])


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="the extra 'text' is not installed")
def test_the_real_library_names_a_model_that_is_not_here() -> None:
    with pytest.raises(FileNotFoundError, match="hf download"):
        sentence_embeddings("nobody/no-such-model", ["a"])
