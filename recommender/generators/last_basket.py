"""Last basket: what users take next, after what they took last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays, empty, pack, strongest, unpack
from recommender.sequences import Sequences

_ROWS = 2048  # items whose transitions are counted at once: bounds the memory of large catalogues


@dataclass(frozen=True, eq=False)
class LastBasket:
    """Transitions from basket to basket; a user's score is the mean over the liked items, the last basket first.

    A basket is what one user liked without a pause of ``gap_days``. With ``x`` the 0/1 row of a basket divided by the
    root of its size, the weight of ``a -> b`` is ``sum of fade * x[a] * (next x[b] + within * x[b])`` over all baskets,
    divided by ``(count(a) + shrink) ** .5 * (count(b) + shrink) ** damping``.

    A history keeps the newest event of every pair, so a repeated purchase counts where it was last.

    Args:
        neighbours: kept per item.
        gap_days: a longer pause begins the next basket.
        half_life_days: how fast a user's earlier baskets fade behind the last one.
        memory_days: half-life of the training baskets.
        within: weight of items in the same basket, beside those of the next one.
        damping: how far frequent followers are held back, 0 to 1.
        shrink: baskets added to every item's count.
        transitions: float32 CSR ``(n_items, n_items)``, from row to column, zero on the diagonal.
    """

    neighbours: int = 200
    gap_days: float = 0.5
    half_life_days: float = 60.0
    memory_days: float = 30.0
    within: float = 3.0
    damping: float = 0.5
    shrink: float = 5.0
    transitions: sparse.csr_matrix = field(default_factory=empty)
    name: str = "last_basket"

    def fit(self, training: TrainingData) -> Self:
        """Count the transitions and keep each item's strongest."""
        training.require_items()
        sequences = Sequences.of(training.history)
        baskets = sequences.baskets(self.gap_days)
        if len(baskets) == 0:
            return replace(self, transitions=empty(len(training.items), len(training.items)))
        first = np.searchsorted(baskets, np.arange(baskets[-1] + 1))
        content = _content(sequences, baskets, len(training.items))
        fade = np.exp2(-sequences.age_days[first] / self.memory_days).astype(np.float32)
        following = _next(sequences.users[first]) @ content + self.within * content
        counts = np.bincount(sequences.items, minlength=len(training.items)).astype(np.float64) + self.shrink
        return replace(self, transitions=self._transitions(content, _scaled(fade, following), counts))

    def _transitions(
        self, content: sparse.csr_matrix, following: sparse.csr_matrix, counts: NDArray[np.float64]
    ) -> sparse.csr_matrix:
        by_item = _scaled(counts**-0.5, sparse.csr_matrix(content.T))
        damped = sparse.csr_matrix(following @ sparse.diags_array(counts**-self.damping))
        blocks = []
        for start in range(0, by_item.shape[0], _ROWS):
            block = sparse.csr_matrix(by_item[start : start + _ROWS] @ damped, dtype=np.float32)
            block.setdiag(0, k=start)
            block.eliminate_zeros()
            blocks.append(strongest(block, self.neighbours))
        return sparse.csr_matrix(sparse.vstack(blocks), dtype=np.float32)

    def score(self, history: History) -> NDArray[np.float32]:
        """Mean transition weight from the liked items, faded by their age; 0 without history."""
        profile = history.decayed(self.half_life_days, anchor="user")
        profile.data = np.log1p(profile.data)
        total = np.asarray(profile.sum(axis=1), dtype=np.float32).reshape(-1, 1)
        scores = (profile @ self.transitions).toarray()
        return np.asarray(scores / np.maximum(total, np.float32(1e-12)), dtype=np.float32)

    def state(self) -> tuple[Arrays, Config]:
        """The transitions and the settings."""
        names = (
            *("neighbours", "gap_days", "half_life_days", "memory_days"),
            *("within", "damping", "shrink", "name"),
        )
        return pack("transitions", self.transitions), {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(transitions=unpack("transitions", arrays), **config)


def _content(sequences: Sequences, baskets: NDArray[np.int64], items: int) -> sparse.csr_matrix:
    """Baskets by items, every row of length 1."""
    size = np.bincount(baskets).astype(np.float32)
    shape = (len(size), items)
    return sparse.csr_matrix((size[baskets] ** -0.5, (baskets, sequences.items)), shape=shape)


def _next(owners: NDArray[np.int64]) -> sparse.csr_matrix:
    """Baskets by baskets: 1 from each to the same user's next one."""
    before = np.flatnonzero(owners[1:] == owners[:-1])
    ones = np.ones(len(before), dtype=np.float32)
    return sparse.csr_matrix((ones, (before, before + 1)), shape=(len(owners), len(owners)))


def _scaled(weights: NDArray[np.floating], matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix(sparse.diags_array(weights) @ matrix, dtype=np.float32)
