"""Training of SASRec in torch."""

from __future__ import annotations

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

Codes = NDArray[np.int64]


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
            pieces = _pieces(Sequences.of(training.history, ties), model.length + 1)
            for rows in _batches(len(pieces), model.batch, rng):
                inputs, targets = _shifted(pieces[rows], model.horizon, rng)
                negatives = rng.permutation(trained)[: model.negatives]
                loss = _loss(torch, values, model, inputs, targets, negatives, len(trained))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return arrays_of(values)


def _pieces(sequences: Sequences, length: int) -> Codes:
    """Sequences cut from the end into rows of ``length`` that share one item; -1 fills short rows."""
    counts, step = np.diff(sequences.indptr), length - 1
    rows = np.maximum(-(-(counts - 1) // step), 0)  # rounded up
    user = np.repeat(np.arange(len(counts)), rows)
    number = np.arange(len(user)) - np.repeat(np.cumsum(rows) - rows, rows)
    ends = sequences.indptr[1:][user] - number * step
    starts = np.maximum(ends - length, sequences.indptr[:-1][user])
    place = starts[:, None] + np.arange(length)
    inside = place < ends[:, None]
    return np.where(inside, sequences.items[np.where(inside, place, 0)], NOTHING)


def _batches(count: int, size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    order = rng.permutation(count)
    return [order[start : start + size] for start in range(0, count, size)]


def _shifted(pieces: Codes, horizon: int, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Inputs and targets of equal shape; a target stands 1 to ``horizon`` places on, never past the last item."""
    counts = (pieces >= 0).sum(axis=1, keepdims=True)
    inputs = pieces[:, : max(int(counts.max()) - 1, 1)]
    place = np.arange(inputs.shape[1])
    ahead = np.minimum(place + rng.integers(1, horizon + 1, inputs.shape), counts - 1)
    targets = np.take_along_axis(pieces, ahead, axis=1)
    return inputs, np.where(place < counts - 1, targets, NOTHING)


def _loss(
    torch: Any, values: Parameters, model: SASRec, inputs: Codes, targets: Codes, negatives: Codes, items: int
) -> Any:
    """Cross entropy against shared uniform negatives, which stand for all other items (log correction)."""
    wanted = torch.from_numpy(targets)
    here = wanted >= 0
    states, wanted = states_of(torch, values, torch.from_numpy(inputs), model.dropout)[here], wanted[here]
    drawn = torch.from_numpy(negatives)
    right = (states * values["items"][wanted]).sum(dim=1, keepdim=True)
    wrong = states @ values["items"][drawn].T + float(np.log(items / len(negatives)))
    wrong = wrong.masked_fill(drawn == wanted[:, None], -torch.inf)
    return (torch.logsumexp(torch.cat([right, wrong], dim=1), dim=1) - right[:, 0]).mean()


def states_of(torch: Any, values: Parameters, codes: Any, dropout: float = 0.0) -> Any:
    """The state after every place, ``(n, length, factors)``: :func:`self_attention.encode` with gradients."""
    f = torch.nn.functional
    size = values["items"].shape[1]

    def norm(x: Any, name: str) -> Any:
        return f.layer_norm(x, (size,), values[f"{name}scale"], values[f"{name}shift"], EPSILON)

    def drop(x: Any) -> Any:
        return f.dropout(x, dropout, training=dropout > 0)

    x = drop(f.embedding(codes.clamp(min=0), values["items"]) + values["positions"][: codes.shape[1]])
    for block in range(sum(name.endswith(".query") for name in values)):
        w = {name.split(".")[1]: value for name, value in values.items() if name.startswith(f"{block}.")}
        y = norm(x, f"{block}.attention_")
        mixed = f.scaled_dot_product_attention(y @ w["query"], y @ w["key"], y @ w["value"], is_causal=True)
        x = x + drop(mixed @ w["out"])
        y = norm(x, f"{block}.forward_")
        x = x + drop(torch.relu(y @ w["inner"] + w["inner_bias"]) @ w["outer"] + w["outer_bias"])
    return norm(x, "")
