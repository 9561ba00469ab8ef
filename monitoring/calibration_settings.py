"""How often a quiet segment may raise an alarm, and how that is found out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CalibrationSettings:
    """The budget of false alarms, and the replays that hold the verdicts to it.

    Args:
        false_alarms_per_year: of one segment looked at every day, all causes together; an episode counts once.
        safety: the share of that budget which the replays may use up: the other causes and what the past did not show
            need the rest.
        history_days: how far back the past goes that is replayed.
        least_blocks: blocks of ``current_days`` of past below which nothing can be calibrated.
        years: made-up years that are replayed.
        power: with which chance a shift must be seen in the first window that holds it whole.
        factors: the least and the most that limits may be multiplied by.
        factor_step: grid of the factors.
        shift_step: grid of the shifts.

    Raises:
        ValueError: a number out of its range.
    """

    false_alarms_per_year: float = 1.0
    safety: float = 0.5
    history_days: int = 182
    least_blocks: int = 6
    years: int = 20
    power: float = 0.95
    factors: tuple[float, float] = (0.6, 4.0)
    factor_step: float = 0.05
    shift_step: float = 0.05

    def __post_init__(self) -> None:
        if self.false_alarms_per_year <= 0 or not 0 < self.safety <= 1 or not 0 < self.power < 1:
            raise ValueError(
                f"false_alarms_per_year must be above 0, safety and power shares between 0 and 1; found {self}"
            )
        if min(self.history_days, self.least_blocks, self.years) < 2:
            raise ValueError(f"history_days, least_blocks and years must be at least 2; found {self}")
        low, high = self.factors
        if not 0 < low <= high or self.factor_step <= 0 or not 0 < self.shift_step <= 1:
            raise ValueError(f"factors are (least, most) above 0, steps are above 0; found {self}")
