"""SASRec knows in which order things happened, and serves without torch."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.generators.self_attention import encode, first_weights
from recommender.generators.sequence import SASRec
from recommender.history import History
from recommender.matrices import Arrays
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
SMALL = SASRec(factors=16, blocks=1, length=8, epochs=25, learning_rate=0.01, dropout=0.0, horizon=1, batch=32)


def _history(sequences: list[str]) -> History:
    """One user a word, one item a letter, a day apart."""
    end = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        (f"u{n:03d}", letter, end - timedelta(days=len(word) - place))
        for n, word in enumerate(sequences)
        for place, letter in enumerate(word)
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "ts"]).assign(weight=1.0)
    return History.from_events(frame, AS_OF, Vocabulary.of("abcdefgh"))


@pytest.fixture(scope="module")
def training() -> TrainingData:
    """After a, b comes c; after b, a comes d: only the order tells."""
    history = _history(["abc", "bad"] * 60 + ["abce", "badf"] * 20)
    return TrainingData(history, aligned(pd.DataFrame({"item_id": list("abcdefgh")}), history.items))


@pytest.fixture(scope="module")
def fitted(training: TrainingData) -> SASRec:
    pytest.importorskip("torch", reason="torch is not installed: extra 'neural'")
    return SMALL.fit(training)


def test_the_same_items_in_another_order_lead_elsewhere(fitted: SASRec) -> None:
    forth, back = fitted.score(_history(["ab", "ba"]))[:, [2, 3]]
    assert forth[0] > forth[1] + 1
    assert back[1] > back[0] + 1


def test_items_nobody_liked_are_never_proposed(fitted: SASRec) -> None:
    assert (fitted.score(_history(["ab", "badf"]))[:, [6, 7]] == 0).all()


def test_a_user_without_history_scores_zero(fitted: SASRec) -> None:
    nobody = History.empty(Vocabulary.of(["new"]), Vocabulary.of("abcdefgh"), AS_OF)
    assert (fitted.score(nobody) == 0).all()


def test_only_the_newest_items_are_looked_at(fitted: SASRec) -> None:
    long, cut = _history(["abcdefgh"]), _history(["gh"])
    narrow = SASRec(**{**fitted.state()[1], "length": 2}, weights=fitted.weights, trained=fitted.trained)
    np.testing.assert_allclose(narrow.score(long), narrow.score(cut), rtol=1e-5)


def _random_weights() -> Arrays:
    rng = np.random.default_rng(2)
    shaped = first_weights(items=9, factors=8, blocks=2, length=6, seed=1)
    return {name: (array + rng.normal(0, 0.3, array.shape)).astype(np.float32) for name, array in shaped.items()}


def test_numpy_and_torch_compute_the_same_states() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: extra 'neural'")
    from recommender.generators.sequence_training import states_of

    weights = _random_weights()
    codes = np.array([[4, 1, 8, 0, 2, 3], [5, -1, -1, -1, -1, -1], [7, 6, 5, -1, -1, -1]])
    values = {name: torch.from_numpy(array) for name, array in weights.items()}
    states = states_of(torch, values, torch.from_numpy(codes)).numpy()
    np.testing.assert_allclose(encode(weights, codes), states[[0, 1, 2], [5, 0, 2]], atol=1e-5)


def test_a_state_does_not_depend_on_the_other_users_of_the_batch() -> None:
    weights, long, short = _random_weights(), [4, 1, 8, 0, 2, 3], [7, 6, -1, -1, -1, -1]
    together = encode(weights, np.array([long, short]))
    np.testing.assert_allclose(together[1:], encode(weights, np.array([short])), atol=1e-5)


def test_scoring_needs_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    arrays = first_weights(items=8, factors=8, blocks=2, length=6, seed=1) | {"trained": np.ones(8, dtype=np.bool_)}
    restored = SASRec.from_state(arrays, SASRec(factors=8, length=6).state()[1])
    assert restored.score(_history(["ab"])).max() > 0


def test_fitting_without_torch_names_the_extra(training: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match=r"'torch'.*tessera\[neural\]"):
        SMALL.fit(training)
