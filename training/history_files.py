"""A history kept on disk as plain arrays, for tasks in other processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from recommender.history import History
from recommender.matrices import Arrays, pack, unpack
from recommender.vocabulary import Vocabulary

_ARRAYS = "history.npz"


def save_history(history: History, folder: Path) -> None:
    """Keep ``history``; ``folder`` appears whole or not at all, and a first one stays."""
    arrays: dict[str, Any] = history_arrays(history)
    with whole(folder) as aside:
        np.savez(aside / _ARRAYS, **arrays)


def load_history(folder: Path, items: Vocabulary, as_of: date) -> History:
    """Read what :func:`save_history` kept for the same items and day."""
    with np.load(folder / _ARRAYS, allow_pickle=False) as kept:
        return history_of(dict(kept), items, as_of)


def history_arrays(history: History) -> Arrays:
    """Everything but the items and the day."""
    packed = pack("weights", history.weights) | pack("age", history.age_days)
    return packed | {"known": history.users.ids}


def history_of(arrays: Arrays, items: Vocabulary, as_of: date) -> History:
    """The history that :func:`history_arrays` took apart."""
    return History(Vocabulary(arrays["known"]), items, unpack("weights", arrays), unpack("age", arrays), as_of)


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write into that gets the name ``folder`` when it is finished.

    Where another task was first, the key in the name says that its content is the same.
    """
    aside = folder.with_name(f".{folder.name}.{uuid4().hex}")
    aside.mkdir(parents=True)
    yield aside
    try:
        aside.rename(folder)
    except OSError:
        for file in aside.iterdir():
            file.unlink()
        aside.rmdir()
