"""How the torch generators train: on the processor, seeded, and without touching anybody else's torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from recommender.extras import extra
from recommender.matrices import Arrays

Parameters = dict[str, Any]  # torch tensors by name


@contextmanager
def seeded_torch(seed: int, threads: int) -> Iterator[Any]:
    """Torch with its random state and its threads set inside the block and restored after it.

    Raises:
        ModuleNotFoundError: torch is not installed; the message names the extra.
    """
    torch = extra("torch", "neural")
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield torch
        finally:
            torch.set_num_threads(before)


def parameters(torch: Any, arrays: Arrays) -> Parameters:
    """Tensors to be trained, beginning at copies of ``arrays``."""
    return {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in arrays.items()}


def arrays_of(parameters: Mapping[str, Any]) -> Arrays:
    """The trained values as float32 arrays."""
    return {name: np.ascontiguousarray(tensor.detach().numpy()) for name, tensor in parameters.items()}
