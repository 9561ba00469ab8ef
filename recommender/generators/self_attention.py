"""The self-attentive encoder of a sequence, in numpy: what serving runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.matrices import Arrays

Floats = NDArray[np.float32]
EPSILON = 1e-5  # torch's own, in layer norm


def first_weights(items: int, factors: int, blocks: int, length: int, seed: int) -> Arrays:
    """Random weights: ``items (items, factors)``, ``positions (length, factors)`` and those of the blocks."""
    rng = np.random.default_rng(seed)

    def normal(rows: int, deviation: float) -> Floats:
        return (rng.standard_normal((rows, factors)) * deviation).astype(np.float32)

    weights = {"items": normal(items, 0.05), "positions": normal(length, 0.05)}
    for block in range(blocks):
        for name in ("query", "key", "value", "out", "inner", "outer"):
            weights[f"{block}.{name}"] = normal(factors, factors**-0.5)
        for name in ("inner_bias", "outer_bias", "attention_shift", "forward_shift"):
            weights[f"{block}.{name}"] = np.zeros(factors, dtype=np.float32)
        for name in ("attention_scale", "forward_scale"):
            weights[f"{block}.{name}"] = np.ones(factors, dtype=np.float32)
    return weights | {"scale": np.ones(factors, dtype=np.float32), "shift": np.zeros(factors, dtype=np.float32)}


def encode(weights: Arrays, codes: NDArray[np.int64]) -> Floats:
    """The state after each sequence's last item (Kang & McAuley 2018, one head, norms before the layers).

    Args:
        weights: of :func:`first_weights`, trained.
        codes: item codes ``(n, length)``, oldest first, -1 after the last; every row holds at least one.

    Returns:
        ``(n, factors)``; its product with ``weights["items"]`` gives the logits of the next item.
    """
    counts = (codes >= 0).sum(axis=1)
    codes = codes[:, : int(counts.max(initial=1))]
    x = weights["items"][codes] + weights["positions"][: codes.shape[1]]
    for block in range(block_count(weights)):
        layer = {name.split(".")[1]: array for name, array in weights.items() if name.startswith(f"{block}.")}
        x = x + _attention(_norm(x, layer["attention_scale"], layer["attention_shift"]), layer)
        y = _norm(x, layer["forward_scale"], layer["forward_shift"])
        x = x + np.maximum(y @ layer["inner"] + layer["inner_bias"], 0) @ layer["outer"] + layer["outer_bias"]
    last = x[np.arange(len(x)), counts - 1]
    return _norm(last, weights["scale"], weights["shift"])


def block_count(weights: Arrays) -> int:
    """How many blocks the weights hold."""
    return sum(name.endswith(".query") for name in weights)


def _attention(x: Floats, layer: Arrays) -> Floats:
    """Every place looks at itself and at earlier ones, so what stands after the last item never counts."""
    query, key, value = (x @ layer[name] for name in ("query", "key", "value"))
    logits = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(x.shape[2]))
    logits[:, np.triu(np.ones(logits.shape[1:], dtype=np.bool_), 1)] = -np.inf
    logits = np.exp(logits - logits.max(axis=2, keepdims=True))
    return np.asarray(logits / logits.sum(axis=2, keepdims=True) @ value @ layer["out"], dtype=np.float32)


def _norm(x: Floats, scale: Floats, shift: Floats) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + np.float32(EPSILON)) * scale + shift, dtype=np.float32)
