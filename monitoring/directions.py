"""Whether two moves go the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Move = Mapping[str, float]


def cosine(left: Move, right: Move) -> float:
    """The cosine between two moves (value → change): 1 the same way, 0 unrelated or no move, -1 back."""
    names = sorted(set(left) | set(right))
    a, b = (np.array([side.get(name, 0.0) for name in names]) for side in (left, right))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 0 else 0.0


def mean_move(moves: Sequence[tuple[Move, float]]) -> Move:
    """The mean of moves given by their directions and lengths: chance cancels out, a common move stays."""
    units = [(move, far / max(length(move), 1e-12)) for move, far in moves]
    names = sorted({name for move, _ in units for name in move})
    return {name: sum(move.get(name, 0.0) * unit for move, unit in units) / len(units) for name in names}


def length(move: Move) -> float:
    """How long a move is."""
    return float(np.linalg.norm(list(move.values())))
