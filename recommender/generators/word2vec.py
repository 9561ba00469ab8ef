"""Word2Vec on item sequences: items that are liked around the same time lie close together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.extras import extra
from recommender.generators.positive import positive
from recommender.generators.protocol import Config, TrainingData
from recommender.history import History
from recommender.matrices import Arrays
from recommender.sequences import Sequences


def _nothing() -> NDArray[np.float32]:
    return np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Word2Vec:
    """Skip-gram with negative sampling (Mikolov et al. 2013; item2vec, Barkan & Koenigstein 2016) by gensim.

    A user's liked items in the order of time are a sentence; every pass shuffles those of the same instant and leaves
    old ones out by chance. The user is the decayed mean of the liked items' input vectors; the score is its product
    with the output vectors, which is how skip-gram itself predicts a neighbour. Needs the extra ``word2vec`` to fit,
    not to score.

    Args:
        factors: length of a vector.
        window: neighbours on each side.
        epochs: passes over the sequences.
        negatives: drawn for one neighbour.
        exponent: of an item's frequency when negatives are drawn; what suits words (.75) need not suit items
            (Caselles-Dupré et al. 2018).
        memory_days: half-life of the chance that an item is part of a pass, by its age.
        half_life_days: age counts from the user's own newest event.
        inputs: ``(n_items, factors)``, 0 for items nobody liked.
        outputs: of the same shape.
    """

    factors: int = 64
    window: int = 5
    epochs: int = 10
    negatives: int = 5
    exponent: float = 0.5
    memory_days: float = 60.0
    half_life_days: float = 30.0
    inputs: NDArray[np.float32] = field(default_factory=_nothing)
    outputs: NDArray[np.float32] = field(default_factory=_nothing)
    name: str = "word2vec"

    def fit(self, training: TrainingData) -> Self:
        """Train on all sequences, on one thread: gensim's threads race, and a model must come out the same twice."""
        training.require_items()
        sentences = _Sentences(training.history, self.epochs, self.memory_days, training.seed)
        inputs, outputs = (np.zeros((len(training.items), self.factors), dtype=np.float32) for _ in range(2))
        if any(True for _ in sentences):  # gensim refuses to train on nothing
            model = self._trained(sentences, training.seed)
            codes = np.array([int(word) for word in model.wv.index_to_key])
            inputs[codes], outputs[codes] = model.wv.vectors, model.syn1neg
        return replace(self, inputs=inputs, outputs=outputs)

    def _trained(self, sentences: _Sentences, seed: int) -> Any:
        return extra("gensim.models", "word2vec").Word2Vec(
            sentences,
            vector_size=self.factors,
            window=self.window,
            epochs=1,  # the sentences hold every pass
            negative=self.negatives,
            ns_exponent=self.exponent,
            sg=1,
            min_count=1,
            sample=0,
            workers=1,
            seed=seed,
            hashfxn=int,  # never Python's own hash of a string, which changes with every process
        )

    def score(self, history: History) -> NDArray[np.float32]:
        """User times output vectors, counted from the user's lowest item; 0 without history."""
        liked = history.decayed(self.half_life_days, anchor="user")
        total = np.asarray(liked.sum(axis=1), dtype=np.float32).reshape(-1, 1)
        users = np.asarray(liked @ self.inputs / np.maximum(total, np.float32(1e-12)), dtype=np.float32)
        trained: NDArray[np.bool_] = np.abs(self.outputs).max(axis=1, initial=0) > 0
        return positive(users @ self.outputs.T, trained, history)

    def state(self) -> tuple[Arrays, Config]:
        """Both kinds of vectors and the settings."""
        names = ("factors", "window", "epochs", "negatives", "exponent", "memory_days", "half_life_days", "name")
        return {"inputs": self.inputs, "outputs": self.outputs}, {name: getattr(self, name) for name in names}

    @classmethod
    def from_state(cls, arrays: Arrays, config: Config) -> Self:
        """Restore what :meth:`state` gave."""
        return cls(inputs=arrays["inputs"], outputs=arrays["outputs"], **config)


@dataclass(frozen=True, eq=False)
class _Sentences:
    """Item codes as words, drawn anew in the same way whenever gensim iterates (to count, then to train)."""

    history: History
    passes: int
    memory_days: float
    seed: int

    def __iter__(self) -> Iterator[list[str]]:
        """One sentence of at least two words per user and pass; an item is in it by a chance that falls with age."""
        rng = np.random.default_rng(self.seed)
        words = [str(code) for code in range(len(self.history.items))]
        for _ in range(self.passes):
            sequences = Sequences.of(self.history, rng.random(self.history.weights.nnz))
            kept = rng.random(len(sequences.items)) < np.exp2(-sequences.age_days / self.memory_days)
            starts = np.flatnonzero(np.diff(sequences.users[kept])) + 1
            for part in np.split(sequences.items[kept], starts):
                if len(part) > 1:
                    yield [words[code] for code in part]
