"""Item-item neighbours: liked together by the same users."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.anchored_weights import anchored_weights
from recommender.generators.closed_form import ease_weights, largest
from recommender.generators.item_scores import item_scores
from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, empty, pack, unpack


@dataclass(frozen=True, eq=False)
class ItemItem:
    """Item-item weights on decayed history; a user's score is ``history @ similarity``.

    Args:
        neighbours: kept per item.
        half_life_days: age counts from the user's own newest event.
        measure: ``ease`` in closed form, or ``cosine`` or ``bm25`` neighbours of implicit.
        regularisation: of EASE.
        ease_items: above as many items, cosine stands in for EASE, whose cost grows with their cube.
    """

    neighbours: int = 200
    half_life_days: float = 60.0
    measure: Literal["ease", "cosine", "bm25"] = "ease"
    regularisation: float = 100.0
    ease_items: int = 4000
    similarity: sparse.csr_matrix = field(default_factory=empty)
    name: str = "item_item"

    def fit(self, training: TrainingData) -> Self:
        """Keep each item's best neighbours; an item is never its own neighbour."""
        training.require_items()
        profile = self._profile(training.history)
        if self.measure == "ease" and len(training.items) <= self.ease_items:
            return replace(self, similarity=largest(ease_weights(profile, self.regularisation), self.neighbours))
        return replace(self, similarity=self._neighbours(profile, training.threads))

    def _neighbours(self, profile: sparse.csr_matrix, threads: int) -> sparse.csr_matrix:
        from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

        kind = BM25Recommender if self.measure == "bm25" else CosineRecommender
        model = kind(K=self.neighbours + 1, num_threads=threads)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # implicit warns about a conversion of its own making
            model.fit(profile.astype(np.float64), show_progress=False)
        similarity = sparse.csr_matrix(model.similarity, dtype=np.float32)
        similarity.setdiag(0)
        similarity.eliminate_zeros()
        similarity.sort_indices()
        return similarity

    def anchored(self, history: History, weight: float) -> Self:
        """Moved towards the likes of ``history``, held by what it is; weight 0 moves nothing."""
        moved = anchored_weights(self.similarity, self._profile(history), weight, self.neighbours)
        return replace(self, similarity=sparse.csr_matrix(moved))

    def score(self, history: History) -> NDArray[np.float32]:
        """Mean weight of every item to the user's liked ones; 0 without history."""
        return item_scores(self._profile(history), self.similarity)

    def _profile(self, history: History) -> sparse.csr_matrix:
        profile = history.decayed(self.half_life_days, anchor="user")
        profile.data = np.log1p(profile.data)
        return profile

    def state(self) -> tuple[Arrays, Config]:
        """The similarity matrix and the settings."""
        names = ("neighbours", "half_life_days", "measure", "regularisation", "ease_items", "name")
        return pack("similarity", self.similarity), {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(similarity=unpack("similarity", arrays), **config)
