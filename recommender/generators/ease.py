"""EASE and EDLAE: the item-item weights that rebuild histories best, in closed form."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.anchored_weights import anchored_weights
from recommender.generators.closed_form import ease_weights, largest
from recommender.generators.item_item import ItemItem
from recommender.generators.item_scores import item_scores
from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, empty, pack, unpack

log = logging.getLogger(__name__)
_BYTES_PER_WEIGHT = 8  # the Gram matrix that becomes the weights, and as much again for the blocks beside it


@dataclass(frozen=True, eq=False)
class EASE:
    """Closed-form item-item weights on decayed history; a user's score is their mean over the liked items.

    An event of decayed weight ``w`` counts ``log2(1 + w)``, 1 for a single one. With ``dropout`` this is EDLAE. The
    weights are held whole, or ``neighbours`` of them per item. Where the catalogue needs more than ``memory_gib``,
    the cosine neighbours of :class:`ItemItem` stand in and a warning says so.

    Args:
        regularisation: L2 on the weights.
        dropout: share of a history hidden in training; 0 is EASE.
        user_exponent: a user of ``n`` items weighs ``n ** user_exponent``.
        neighbours: kept per item; 0 keeps all.
        half_life_days: age counts from the user's own newest event.
        memory_gib: most that fitting may hold, 2 GiB are good for 16,000 items.
        weights: from row to column, zero on the diagonal.
    """

    regularisation: float = 20.0
    dropout: float = 0.5
    user_exponent: float = -0.5
    neighbours: int = 1000
    half_life_days: float = 60.0
    memory_gib: float = 2.0
    weights: sparse.csr_matrix | NDArray[np.float32] = field(default_factory=empty)
    name: str = "ease"

    @property
    def most_items(self) -> int:
        """The largest catalogue whose weights are exact under ``memory_gib``."""
        return int(np.sqrt(self.memory_gib * 2**30 / _BYTES_PER_WEIGHT))

    def fit(self, training: TrainingData) -> Self:
        """Invert the items' Gram matrix, or say that it is too large and count neighbours."""
        training.require_items()
        items = len(training.items)
        if items > self.most_items:
            return replace(self, weights=self._stand_in(training, items))
        weights = ease_weights(self._profile(training.history), self.regularisation, self.dropout, self.user_exponent)
        return replace(self, weights=largest(weights, self.neighbours) if 0 < self.neighbours < items else weights)

    def _stand_in(self, training: TrainingData, items: int) -> sparse.csr_matrix:
        needed = _BYTES_PER_WEIGHT * items**2 / 2**30
        log.warning(
            "generator '%s': EASE of %d items needs %.1f GiB, memory_gib allows %.1f (%d items): cosine neighbours "
            "stand in",
            *(self.name, items, needed, self.memory_gib, self.most_items),
        )
        cosine = ItemItem(self.neighbours or ItemItem.neighbours, self.half_life_days, "cosine")
        return cosine.fit(training).similarity

    def anchored(self, history: History, weight: float) -> Self:
        """Moved towards the likes of ``history``, held by what it is; weight 0 moves nothing."""
        return replace(self, weights=anchored_weights(self.weights, self._profile(history), weight, self.neighbours))

    def score(self, history: History) -> NDArray[np.float32]:
        """Mean weight of every item from the user's liked ones; 0 without history."""
        return item_scores(self._profile(history), self.weights)

    def _profile(self, history: History) -> sparse.csr_matrix:
        profile = history.decayed(self.half_life_days, anchor="user")
        profile.data = np.log2(1 + profile.data)
        return profile

    def state(self) -> tuple[Arrays, Config]:
        """The weights, whole or sparse, and the settings."""
        names = ("regularisation", "dropout", "user_exponent", "neighbours", "half_life_days", "memory_gib", "name")
        arrays = pack("weights", self.weights) if sparse.issparse(self.weights) else {"weights": self.weights}
        return arrays, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        weights = arrays["weights"] if "weights" in arrays else unpack("weights", arrays)
        return cls(weights=weights, **config)
