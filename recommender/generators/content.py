"""Content: items whose words, labels, price or vectors are like those of what the user liked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.embeddings import embeddings, unit_rows
from recommender.generators.protocol import Config, TrainingData
from recommender.generators.sentence_encoder import sentence_embeddings
from recommender.history import History
from recommender.matrices import Arrays, empty, pack, unpack
from warehouse.columns import PRICE

Matrix = NDArray[np.float32]
Encode = Callable[[str, Sequence[str]], Matrix]

_WORDS = ("title", "text")
_LABELS = ("category", "brand")
_PLAIN = ("half_life_days", "vocabulary", "price_buckets", "embedding", "encoder", "dense_weight", "name")


def _no_vectors() -> Matrix:
    return np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Content:
    """The profile is the weighted mean of liked items' vectors: TF-IDF of words, labels and price, and dense ones.

    Needs no other user, so it finds items that nobody has touched yet. Dense vectors come from a column of the
    items (``embedding``) or from a sentence encoder over title and text (``encoder``, the extra ``text``).

    Args:
        half_life_days: age counts from the user's own newest event.
        vocabulary: most words kept.
        price_buckets: equally filled price bands, each a word of its own; 0 leaves the price out.
        embedding: column of the items that holds one vector per item; empty for none.
        encoder: folder or local name of a sentence encoder; empty for none.
        dense_weight: share of the dense vectors' cosine in the score, the rest is the words'.
        encode: how an encoder is run; tests put a small one here.
    """

    half_life_days: float = 60.0
    vocabulary: int = 20_000
    price_buckets: int = 0
    embedding: str = ""
    encoder: str = ""
    dense_weight: float = 0.5
    encode: Encode = sentence_embeddings
    vectors: sparse.csr_matrix = field(default_factory=empty)
    dense: Matrix = field(default_factory=_no_vectors)
    name: str = "content"

    def __post_init__(self) -> None:
        if self.embedding and self.encoder:
            raise ValueError(
                f"content vectors come from one place; found the column '{self.embedding}' and the encoder "
                f"'{self.encoder}': set only one, or use two content generators"
            )
        if not 0 <= self.dense_weight <= 1 or self.price_buckets < 0:
            raise ValueError(
                f"expected dense_weight in 0..1 and price_buckets >= 0; found {self.dense_weight}, {self.price_buckets}"
            )

    def fit(self, training: TrainingData) -> Self:
        """Turn the catalogue into unit vectors; all zero when it says nothing.

        Raises:
            ValueError: the embedding column is missing or ragged.
            ModuleNotFoundError: an encoder is asked for without the extra.
            FileNotFoundError: the encoder's files are missing.
        """
        training.require_items()
        words = _vectors(documents(training.items, self.price_buckets), self.vocabulary)
        return replace(self, vectors=words, dense=unit_rows(self._dense(training.items)))

    def _dense(self, items: pd.DataFrame) -> Matrix:
        if self.embedding:
            return embeddings(items, self.embedding)
        if self.encoder:
            return self.encode(self.encoder, sentences(items))
        return np.empty((len(items), 0), dtype=np.float32)

    def score(self, history: History) -> Matrix:
        """Cosine between profile and item, up to the profile's length; 0 without history."""
        liked = history.decayed(self.half_life_days, anchor="user")
        total = np.asarray(liked.sum(axis=1), dtype=np.float32).reshape(-1, 1)
        scores = ((liked @ self.vectors) @ self._by_word).toarray()
        if self.dense.shape[1]:
            by_meaning = np.asarray(liked @ self.dense) @ self.dense.T
            scores = (1 - self.dense_weight) * scores + self.dense_weight * by_meaning
        return np.asarray(scores / np.maximum(total, np.float32(1e-12)), dtype=np.float32)

    @cached_property
    def _by_word(self) -> sparse.csr_matrix:
        return self.vectors.T.tocsr()

    def state(self) -> tuple[Arrays, Config]:
        """The item vectors and the settings; neither words nor encoder are needed to score."""
        return pack("vectors", self.vectors) | {"dense": self.dense}, {name: getattr(self, name) for name in _PLAIN}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(vectors=unpack("vectors", arrays), dense=arrays["dense"], **config)


def sentences(items: pd.DataFrame) -> list[str]:
    """Title and text of every item, as people would read them; empty where there are none."""
    parts = [items[name].fillna("").astype(str).tolist() for name in _WORDS if name in items]
    return [" ".join(words) for words in zip(*parts, strict=True)] if parts else [""] * len(items)


def documents(items: pd.DataFrame, price_buckets: int = 0) -> list[str]:
    """One text per item: its words, and its labels and price band as single tokens; what is absent is left out."""
    parts = [sentences(items)] if any(name in items for name in _WORDS) else []
    parts += [_tokens(items[name], name) for name in _LABELS if name in items]
    if price_buckets and PRICE in items:
        parts.append(_price_bands(items[PRICE], price_buckets))
    return [" ".join(words) for words in zip(*parts, strict=True)] if parts else [""] * len(items)


def _tokens(labels: pd.Series, column: str) -> list[str]:
    """``"Action|Sci-Fi"`` becomes ``category_action category_sci_fi``."""
    split = labels.fillna("").astype(str).str.lower().str.replace(r"[^\w|]+", "_", regex=True).str.split("|")
    return [" ".join(f"{column}_{label}" for label in entry if label) for entry in split]


def _price_bands(prices: pd.Series, buckets: int) -> list[str]:
    amounts = prices.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(amounts)
    if not known.any():
        return [""] * len(prices)
    edges = np.quantile(amounts[known], np.linspace(0, 1, buckets + 1)[1:-1])
    bands = np.searchsorted(edges, amounts, side="right")
    return [f"price_band_{band}" if there else "" for band, there in zip(bands, known, strict=True)]


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
