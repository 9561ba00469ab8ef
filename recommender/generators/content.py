"""Content: items whose words are like those of what the user liked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, empty, pack, unpack

_WORDS = ("title", "text")
_LABELS = ("category", "brand")


@dataclass(frozen=True, eq=False)
class Content:
    """TF-IDF of title, text, category and brand; the profile is the weighted mean of liked item vectors.

    Needs no other user, so it finds items that nobody has touched yet.

    Args:
        half_life_days: age counts from the user's own newest event.
        vocabulary: most words kept.
    """

    half_life_days: float = 60.0
    vocabulary: int = 20_000
    vectors: sparse.csr_matrix = field(default_factory=empty)
    name: str = "content"

    def fit(self, training: TrainingData) -> Self:
        """Turn the catalogue's words into unit vectors; all zero when it has none."""
        training.require_items()
        return replace(self, vectors=_vectors(documents(training.items), self.vocabulary))

    def score(self, history: History) -> NDArray[np.float32]:
        """Cosine between profile and item, up to the profile's length; 0 without history."""
        liked = history.decayed(self.half_life_days, anchor="user")
        total = np.asarray(liked.sum(axis=1), dtype=np.float32).reshape(-1, 1)
        scores = ((liked @ self.vectors) @ self._by_word).toarray()
        return np.asarray(scores / np.maximum(total, np.float32(1e-12)), dtype=np.float32)

    @cached_property
    def _by_word(self) -> sparse.csr_matrix:
        return self.vectors.T.tocsr()

    def state(self) -> tuple[Arrays, Config]:
        """The item vectors and the settings; the words themselves are not needed to score."""
        config = {"half_life_days": self.half_life_days, "vocabulary": self.vocabulary, "name": self.name}
        return pack("vectors", self.vectors), config

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(vectors=unpack("vectors", arrays), **config)


def documents(items: pd.DataFrame) -> list[str]:
    """One text per item: its words, and its labels as single tokens; absent columns and values are left out."""
    parts = [items[name].fillna("").astype(str).tolist() for name in _WORDS if name in items]
    parts += [_tokens(items[name], name) for name in _LABELS if name in items]
    return [" ".join(words) for words in zip(*parts, strict=True)] if parts else [""] * len(items)


def _tokens(labels: pd.Series, column: str) -> list[str]:
    """``"Action|Sci-Fi"`` becomes ``category_action category_sci_fi``."""
    split = labels.fillna("").astype(str).str.lower().str.replace(r"[^\w|]+", "_", regex=True).str.split("|")
    return [" ".join(f"{column}_{label}" for label in entry if label) for entry in split]


def _vectors(texts: list[str], vocabulary: int) -> sparse.csr_matrix:
    from sklearn.feature_extraction.text import TfidfVectorizer

    # words of more than a third of the items tell them apart too little to pay for their cost
    common = 0.34 if len(texts) > 50 else 1.0
    rare = 2 if len(texts) > 50 else 1
    model = TfidfVectorizer(
        max_features=vocabulary, min_df=rare, max_df=common, sublinear_tf=True, dtype=np.float32, stop_words="english"
    )
    try:
        vectors = model.fit_transform(texts)
    except ValueError:  # scikit-learn's way of saying that no word is left
        return empty(len(texts), 1)
    vectors.sort_indices()
    return sparse.csr_matrix(vectors, dtype=np.float32)
