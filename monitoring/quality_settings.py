"""What is asked of the quality of served lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QualitySettings:
    """When a fall of ranking quality is an alarm.

    Args:
        min_users: users with something to find in the window, below which nothing is said.
        max_users: users of a segment for whom the parent's lists are made as well, drawn by the seed.
        max_age_days: lists older than this say nothing about today.
        fall: the share of the holdout figure that may be gone: weeks differ, and a gate's windows are other weeks.
        alpha: level of the two-sided intervals; low, as every segment is looked at every day.

    Raises:
        ValueError: a number out of its range.
    """

    min_users: int = 100
    max_users: int = 1000
    max_age_days: int = 28
    fall: float = 0.3
    alpha: float = 0.001

    def __post_init__(self) -> None:
        if min(self.min_users, self.max_users, self.max_age_days) < 2:
            raise ValueError(f"quality's users and days must be at least 2; found {self}")
        if not 0 < self.fall < 1 or not 0 < self.alpha < 1:
            raise ValueError(f"quality's fall and alpha lie between 0 and 1; found {self}")
