"""How much proof the gate asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GateSettings:
    """How much proof the gate asks for.

    Args:
        alpha: one-sided error level over all segments decided together.
        margin: the difference that must be exceeded, in units of the metric.
        resamples: bootstrap draws behind a standard error (a thousand give it within some 2 %).
        minimum_users: distinct evaluated users below which there is not enough evidence.
        minimum_windows: gate windows below which there is not enough evidence.
        minimum_seeds: seeds averaged on both sides, where training is random, below which there is not enough
            evidence: two seeds of one recipe differ "significantly".
        seed: of the bootstrap.
        metric: what the evidence holds, for the sentences.

    Raises:
        ValueError: a value out of its range.
    """

    alpha: float = 0.05
    margin: float = 0.0
    resamples: int = 1000
    minimum_users: int = 300
    minimum_windows: int = 3
    minimum_seeds: int = 3
    seed: int = 0
    metric: str = "ndcg@10"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ValueError(f"gate alpha must lie between 0 and 0.5; found {self.alpha}: 0.05 is usual")
        if self.margin < 0:
            raise ValueError(f"gate margin must be >= 0; found {self.margin}: a negative one lets worse models serve")
        if min(self.resamples, self.minimum_users, self.minimum_windows, self.minimum_seeds) < 1:
            raise ValueError("gate resamples, minimum_users, minimum_windows and minimum_seeds must be at least 1")
