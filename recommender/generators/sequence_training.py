"""Training of SASRec in torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recommender.generators.neural import Parameters, arrays_of, parameters, seeded_torch
from recommender.generators.protocol import TrainingData
from recommender.generators.self_attention import EPSILON, first_weights
from recommender.matrices import Arrays
from recommender.sequences import NOTHING, Sequences

if TYPE_CHECKING:
    from recommender.generators.sequence import SASRec

_FORGOTTEN = 0.05  # pieces whose newest target counts less are not worth their time
Places = NDArray[np.int64]  # positions in the flat arrays of Sequences


@dataclass(frozen=True, eq=False)
class _Step:
    """Sequences of one gradient step.

    Args:
        inputs: item codes ``(n, length)``, -1 after the last.
        filled: which of them have a target, of the same shape.
        targets: one item code for every filled place.
        fade: what a target counts.
    """

    inputs: NDArray[np.int64]
    filled: NDArray[np.bool_]
    targets: NDArray[np.int64]
    fade: NDArray[np.float32]

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        return self.inputs, self.filled, self.targets, self.fade


def train(training: TrainingData, model: SASRec) -> Arrays:
    """Weights after ``model.epochs`` passes; the first, random ones where no user liked two items."""
    weights = first_weights(len(training.items), model.factors, model.blocks, model.length, training.seed)
    trained = np.flatnonzero(training.history.liked().getnnz(axis=0))
    rng = np.random.default_rng(training.seed)
    with seeded_torch(training.seed, training.threads) as torch:
        values = parameters(torch, weights)
        optimiser = torch.optim.Adam(values.values(), lr=model.learning_rate, betas=(0.9, 0.98))
        for _ in range(model.epochs):
            ties = rng.random(training.history.weights.nnz)  # what happened at once has another order in every pass
            for step in _steps(Sequences.of(training.history, ties), model, rng):
                negatives = rng.permutation(trained)[: model.negatives]
                loss = _loss(torch, values, model, step, negatives, len(trained))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return arrays_of(values)


def _steps(sequences: Sequences, model: SASRec, rng: np.random.Generator) -> Iterator[_Step]:
    """One pass over all sequences in a random order."""
    fade = np.exp2(-sequences.age_days / model.memory_days)
    pieces = _pieces(sequences, model.length + 1)
    pieces = pieces[fade[pieces.max(axis=1)] >= _FORGOTTEN]
    order = rng.permutation(len(pieces))
    for start in range(0, len(order), model.batch):
        yield _step(pieces[order[start : start + model.batch]], sequences.items, fade, model.horizon, rng)


def _pieces(sequences: Sequences, length: int) -> Places:
    """Sequences cut from the end into rows of ``length`` places that share one; -1 fills short rows."""
    counts, step = np.diff(sequences.indptr), length - 1
    rows = np.maximum(-(-(counts - 1) // step), 0)  # rounded up
    user = np.repeat(np.arange(len(counts)), rows)
    number = np.arange(len(user)) - np.repeat(np.cumsum(rows) - rows, rows)
    ends = sequences.indptr[1:][user] - number * step
    starts = np.maximum(ends - length, sequences.indptr[:-1][user])
    place = starts[:, None] + np.arange(length)
    return np.where(place < ends[:, None], place, NOTHING)


def _step(
    pieces: Places, items: NDArray[np.int64], fade: NDArray[np.float32], horizon: int, rng: np.random.Generator
) -> _Step:
    """A target stands 1 to ``horizon`` places after its input, never past the last item of its piece."""
    counts = (pieces >= 0).sum(axis=1, keepdims=True)
    inputs = pieces[:, : max(int(counts.max()) - 1, 1)]
    here = np.arange(inputs.shape[1])
    ahead = np.minimum(here + rng.integers(1, horizon + 1, inputs.shape), counts - 1)
    filled = here < counts - 1
    targets = np.take_along_axis(pieces, ahead, axis=1)[filled]
    return _Step(np.where(inputs >= 0, items[inputs], NOTHING), filled, items[targets], fade[targets])


def _loss(torch: Any, values: Parameters, model: SASRec, step: _Step, negatives: NDArray[np.int64], items: int) -> Any:
    """Faded cross entropy against shared uniform negatives, which stand for all other items (log correction)."""
    inputs, filled, wanted, fade, drawn = (torch.from_numpy(array) for array in (*step.arrays, negatives))
    states = states_of(torch, values, inputs, model.dropout)[filled]
    right = (states * values["items"][wanted]).sum(dim=1, keepdim=True)
    wrong = states @ values["items"][drawn].T + float(np.log(items / len(negatives)))
    wrong = wrong.masked_fill(drawn == wanted[:, None], -torch.inf)
    losses = torch.logsumexp(torch.cat([right, wrong], dim=1), dim=1) - right[:, 0]
    return (losses * fade).mean()


def states_of(torch: Any, values: Parameters, codes: Any, dropout: float = 0.0) -> Any:
    """The state after every place, ``(n, length, factors)``: :func:`self_attention.encode` with gradients."""
    f = torch.nn.functional
    size = values["items"].shape[1]

    def norm(x: Any, name: str) -> Any:
        return f.layer_norm(x, (size,), values[f"{name}scale"], values[f"{name}shift"], EPSILON)

    x = f.embedding(codes.clamp(min=0), values["items"]) + values["positions"][: codes.shape[1]]
    x = f.dropout(x, dropout, training=dropout > 0)
    for block in range(sum(name.endswith(".query") for name in values)):
        w = {name.split(".")[1]: value for name, value in values.items() if name.startswith(f"{block}.")}
        y = norm(x, f"{block}.attention_")
        mixed = f.scaled_dot_product_attention(y @ w["query"], y @ w["key"], y @ w["value"], is_causal=True)
        x = x + mixed @ w["out"]
        y = norm(x, f"{block}.forward_")
        x = x + torch.relu(y @ w["inner"] + w["inner_bias"]) @ w["outer"] + w["outer_bias"]
    return norm(x, "")
