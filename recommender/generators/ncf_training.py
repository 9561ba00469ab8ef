"""Training of NCF in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.generators.ncf import first_weights, profile
from recommender.generators.neural import Parameters, arrays_of, parameters, seeded_torch
from recommender.generators.protocol import TrainingData
from recommender.history import History
from recommender.matrices import Arrays

if TYPE_CHECKING:
    from recommender.generators.ncf import NCF


@dataclass(frozen=True, eq=False)
class _Batch:
    """Liked pairs of some users, as torch tensors.

    Args:
        row: of every pair, the user's position in the batch.
        share: of every pair, its share of the user's profile.
        fade: of every pair, what it counts.
        items: the liked item, then the negatives; ``(pairs, 1 + negatives)``.
    """

    row: Any
    share: Any
    fade: Any
    items: Any
    users: int


def train(training: TrainingData, model: NCF) -> Arrays:
    """Weights after ``model.epochs`` passes; the first, random ones where nobody liked anything."""
    likes = profile(training.history, model.half_life_days)
    users = np.flatnonzero(np.diff(likes.indptr) > 1)  # one item alone has no profile to be predicted from
    fade = _fade(training.history, likes, model.memory_days)
    trained = np.unique(likes.indices)
    rng = np.random.default_rng(training.seed)
    with seeded_torch(training.seed, training.threads) as torch:
        first = first_weights(len(training.items), model.factors, model.hidden, training.seed)
        values = parameters(torch, first)
        optimiser = torch.optim.AdamW(values.values(), lr=model.learning_rate, weight_decay=model.decay)
        for _ in range(model.epochs):
            order = rng.permutation(users)
            for start in range(0, len(order), model.batch):
                rows = order[start : start + model.batch]
                loss = _loss(torch, values, _batch(torch, likes[rows], fade[rows], trained, model.negatives, rng))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return arrays_of(values)


def _fade(history: History, likes: sparse.csr_matrix, memory_days: float) -> sparse.csr_matrix:
    """What every liked pair counts, in the pattern of ``likes``."""
    # ages are never 0, since events lie before midnight: the product keeps every pair
    fade = sparse.csr_matrix(history.age_days.multiply(likes.astype(np.bool_)))
    fade.data = np.exp2(-fade.data / memory_days).astype(np.float32)
    return fade


def _batch(
    torch: Any,
    likes: sparse.csr_matrix,
    fade: sparse.csr_matrix,
    trained: NDArray[np.int32],
    negatives: int,
    rng: np.random.Generator,
) -> _Batch:
    drawn = rng.choice(trained, (likes.nnz, negatives))
    items = np.concatenate([likes.indices[:, None], drawn], axis=1).astype(np.int64)
    row = np.repeat(np.arange(likes.shape[0]), np.diff(likes.indptr))
    row, share, weight, items = (torch.from_numpy(array) for array in (row, likes.data, fade.data, items))
    return _Batch(row, share, weight, items, likes.shape[0])


def _loss(torch: Any, values: Parameters, batch: _Batch) -> Any:
    """Log loss of the liked item against the drawn ones, all seen from the profile without the liked item."""
    own = values["profiles"][batch.items[:, 0]] * batch.share[:, None]
    whole = torch.zeros(batch.users, own.shape[1]).index_add(0, batch.row, own)
    rest = (1 - batch.share).clamp(min=1e-6)[:, None]
    found = logits_of(torch, values, (whole[batch.row] - own) / rest, batch.items)
    wanted = torch.zeros_like(found)
    wanted[:, 0] = 1
    weight = batch.fade[:, None].expand_as(found)
    return torch.nn.functional.binary_cross_entropy_with_logits(found, wanted, weight=weight)


def logits_of(torch: Any, values: Parameters, users: Any, items: Any) -> Any:
    """:func:`recommender.generators.ncf.logits` of some items, ``(pairs, items)``, with gradients."""
    cut = len(values["product"])
    vectors = values["items"][items]
    product = ((users[:, :cut] * values["product"])[:, None] * vectors[..., :cut]).sum(dim=-1)
    by_user = users[:, cut:] @ values["user_layer"] + values["first_bias"]
    hidden = torch.relu(by_user[:, None] + (values["items"][:, cut:] @ values["item_layer"])[items])
    deep = torch.relu(hidden @ values["second_layer"] + values["second_bias"]) @ values["last_layer"]
    return product + deep[..., 0]
