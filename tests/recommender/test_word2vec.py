"""Word2Vec learns from the order in which items were liked, the same in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import aligned
from recommender.generators import TrainingData
from recommender.generators.word2vec import Word2Vec
from recommender.history import History
from recommender.vocabulary import Vocabulary

pytest.importorskip("gensim", reason="gensim is not installed: extra 'word2vec'")
AS_OF = date(2026, 3, 1)
SMALL = Word2Vec(factors=8, window=1, epochs=20)


def journeys() -> TrainingData:
    """Everybody walks ten steps along a ring of 20 items; neighbours in time are neighbours on the ring."""
    end = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        (f"u{n:03d}", f"i{(n + step) % 20:02d}", end - timedelta(days=11 - step))
        for n in range(200)
        for step in range(10)
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "ts"]).assign(weight=1.0)
    history = History.from_events(frame, AS_OF, Vocabulary.of([f"i{n:02d}" for n in range(20)]))
    return TrainingData(history, aligned(pd.DataFrame({"item_id": history.items.ids.astype(object)}), history.items))


def digest() -> str:
    fitted = SMALL.fit(journeys())
    return hashlib.sha256(fitted.inputs.tobytes() + fitted.outputs.tobytes()).hexdigest()


def test_neighbours_in_time_score_higher_than_items_far_away() -> None:
    training = journeys()
    fitted = SMALL.fit(training)
    item = History.from_events(
        pd.DataFrame({"user_id": ["n"], "item_id": ["i07"], "ts": [datetime(2026, 2, 1, tzinfo=UTC)], "weight": [1.0]}),
        AS_OF,
        training.history.items,
    )
    best = np.argsort(-fitted.score(item)[0])[:2]
    assert set(best.tolist()) == {6, 8}


def test_another_process_with_another_hash_seed_learns_the_same_bits() -> None:
    code = "import sys; sys.path[:0] = sys.argv[1:]; from test_word2vec import digest; print(digest())"
    here = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "-c", code, str(here), str(here.parents[1])],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split()[-1] == digest()
