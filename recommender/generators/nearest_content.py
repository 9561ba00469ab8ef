"""Nearest content: items that read like a single one of the user's, other colours and sizes first of all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.content import Content
from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, empty, like, pack, strongest, unpack

_ROWS = 2048  # items compared with all others at once: bounds the memory of large catalogues


@dataclass(frozen=True, eq=False)
class NearestContent:
    """The cosine of words and labels to the liked item that is most alike, not to the mean of all (:class:`Content`).

    Args:
        neighbours: most similar items kept per item.
        half_life_days: of a liked item's say; age counts from the user's own newest event.
        vocabulary: most words kept.
        similarity: float32 CSR ``(n_items, n_items)``, zero on the diagonal.
    """

    neighbours: int = 50
    half_life_days: float = 180.0
    vocabulary: int = 20_000
    similarity: sparse.csr_matrix = field(default_factory=empty)
    name: str = "nearest_content"

    def fit(self, training: TrainingData) -> Self:
        """Compare every item with every other and keep the best."""
        vectors = Content(vocabulary=self.vocabulary).fit(training).vectors
        by_word = vectors.T.tocsr()
        blocks = []
        for start in range(0, vectors.shape[0], _ROWS):
            block = sparse.csr_matrix(vectors[start : start + _ROWS] @ by_word, dtype=np.float32)
            block.setdiag(0, k=start)
            block.eliminate_zeros()
            blocks.append(strongest(block, self.neighbours))
        return replace(self, similarity=sparse.csr_matrix(sparse.vstack(blocks), dtype=np.float32))

    def score(self, history: History) -> NDArray[np.float32]:
        """Largest faded cosine to a liked item; 0 where nothing liked is alike."""
        # the weight of an event says nothing about likeness
        equal = like(history.weights, (history.weights.data > 0).astype(np.float32))
        liked = replace(history, weights=equal).decayed(self.half_life_days, anchor="user")
        starts, lengths = self.similarity.indptr[:-1][liked.indices], np.diff(self.similarity.indptr)[liked.indices]
        before = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
        users = np.repeat(np.repeat(np.arange(liked.shape[0]), np.diff(liked.indptr)), lengths)
        scores = np.zeros((liked.shape[0], self.similarity.shape[1]), dtype=np.float32)
        values = self.similarity.data[places] * np.repeat(liked.data, lengths)
        np.maximum.at(scores, (users, self.similarity.indices[places]), values.astype(np.float32))
        return scores

    def state(self) -> tuple[Arrays, Config]:
        """The similarities and the settings."""
        names = ("neighbours", "half_life_days", "vocabulary", "name")
        return pack("similarity", self.similarity), {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(similarity=unpack("similarity", arrays), **config)
