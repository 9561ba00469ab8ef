"""What a figure was measured on: the words that every table carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EvaluationProtocol:
    """How an evaluation was made; two figures may be compared only where these words are equal.

    Args:
        split: what divides training from truth (``"time split 28 d"``).
        truth: what counts as relevant (``"new items only"``, ``"ratings >= 4"``).
        masked: what lists may not hold (``"seen masked"``, ``"train masked"``).
        k: length of the lists.
        users: evaluated users, summed over windows.
        windows: how many windows of time.
        ranking: among what (``"full ranking"``: the whole catalogue, nothing sampled).
    """

    split: str
    truth: str
    masked: str
    k: int
    users: int
    windows: int = 1
    ranking: str = "full ranking"

    def __str__(self) -> str:
        """``time split 28 d, new items only, seen masked, full ranking, k=10, n=1,234``, and the windows if several."""
        parts = [self.split, self.truth, self.masked, self.ranking, f"k={self.k}", f"n={self.users:,}"]
        return ", ".join([*parts, f"{self.windows} windows"] if self.windows > 1 else parts)
