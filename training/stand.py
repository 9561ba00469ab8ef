"""Where a model is made: on which parent, from events before which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from recommender.spine import Spine
from training.backtest import Fold


@dataclass(frozen=True, eq=False)
class Stand:
    """A parent and the day before which events may be read.

    Args:
        parent: what the model corrects.
        cutoff: events before this day are used.
        fold: the window that the model will be judged on; ``None`` for the model that will serve.
    """

    parent: Spine
    cutoff: date
    fold: Fold | None = None

    @classmethod
    def of(cls, fold: Fold) -> Stand:
        """Before the fold's window, on its parent."""
        return cls(fold.spine, fold.cutoff, fold)
