"""Who gets how many trials: by size and value, within a floor and a ceiling, never more than there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warehouse.columns import SEGMENT


@dataclass(frozen=True)
class BudgetSettings:
    """How many trials of tuning the living segments share.

    Args:
        total: trials of all segments together, for one ``as_of``; ``None``: as many as if each had those of
            :class:`training.settings.HeadSettings`.
        floor: every segment gets as many, as far as the total allows.
        ceiling: no segment gets more; what is left over is not spent.

    Raises:
        ValueError: a number below 1, or a floor above the ceiling.
    """

    total: int | None = None
    floor: int = 30
    ceiling: int = 180

    def __post_init__(self) -> None:
        if (self.total is not None and self.total < 1) or not 1 <= self.floor <= self.ceiling:
            raise ValueError(f"a budget needs total >= 1 and 1 <= floor <= ceiling; found {asdict(self)}")


def share_trials(weights: Mapping[str, float], settings: BudgetSettings, usual: int = 90) -> dict[str, int]:
    """Trials by segment, in proportion to ``weights`` between floor and ceiling.

    The shares are those of a common level, ``min(ceiling, max(floor, level * weight))``, rounded by largest
    remainders (Hamilton's method). Where the total does not reach for every floor, all get an equal
    share and somebody may get none.

    Args:
        weights: >= 0, users times value.
        settings: total and bounds.
        usual: trials a segment where the settings name no total.

    Raises:
        ValueError: a weight is negative or not a number.
    """
    names = sorted(weights)
    sizes = np.array([float(weights[name]) for name in names])
    if not np.all(np.isfinite(sizes)) or (sizes < 0).any():
        raise ValueError(f"weights must be numbers >= 0; found {dict(weights)}")
    total = min(settings.total or usual * len(names), settings.ceiling * len(names))
    low = min(settings.floor, total / max(len(names), 1))
    shares = _rounded(_level(sizes, total, low, settings.ceiling), sizes, total)
    return {name: int(trials) for name, trials in zip(names, shares, strict=True)}


def budget_table(
    users: Mapping[str, int], values: Mapping[str, float], settings: BudgetSettings, usual: int = 90
) -> pd.DataFrame:
    """The budget as rows ``segment_id users value trials floor ceiling total``, by segment.

    Args:
        users: living segments and their sizes.
        values: what a user of a segment counts, 1 where absent.
        settings: see :class:`BudgetSettings`.
        usual: trials a segment where the settings name no total.
    """
    weight = {name: size * values.get(name, 1.0) for name, size in users.items()}
    trials = share_trials(weight, settings, usual)
    names = sorted(users, key=lambda name: (len(name), name))
    frame = pd.DataFrame({SEGMENT: pd.Series(names, dtype=object)})
    frame["users"] = [users[name] for name in names]
    frame["value"] = [float(values.get(name, 1.0)) for name in names]
    frame["trials"] = [trials[name] for name in names]
    return frame.assign(**asdict(settings) | {"total": settings.total or usual * len(names)})


def _level(sizes: NDArray[np.float64], total: float, low: float, high: float) -> NDArray[np.float64]:
    """Shares between the bounds that sum to ``total``: whoever is out of bounds is fixed there, the rest share."""
    shares = np.full(len(sizes), float(low))
    open_ = np.ones(len(sizes), dtype=bool)
    while open_.any():
        left = total - shares[~open_].sum()
        weight = sizes[open_]
        even = weight.sum() <= 0
        wanted = np.full(open_.sum(), left / open_.sum()) if even else left * weight / weight.sum()
        excess, lack = np.maximum(wanted - high, 0).sum(), np.maximum(low - wanted, 0).sum()
        # fix the side that weighs more: what it gives back decides whether the other side stays out of bounds
        outside = wanted >= high if excess > lack else wanted <= low
        if excess == lack:
            shares[open_] = np.clip(wanted, low, high)
            break
        places = np.flatnonzero(open_)[outside]
        shares[places] = high if excess > lack else low
        open_[places] = False
    return shares


def _rounded(shares: NDArray[np.float64], sizes: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    whole = np.floor(shares + 1e-9).astype(np.int64)
    remainders = np.round(shares - whole, 9)
    # ties go to the larger segment, then to the earlier name
    order = np.lexsort((np.arange(len(sizes)), -sizes, -remainders))
    whole[order[: total - int(whole.sum())]] += 1
    return whole
