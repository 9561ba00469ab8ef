"""From evidence to numbers: what the gate measures, before it says anything about them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.bootstrap import Differences, Floats
from training.decision import Decision, Verdict, WindowDifference
from training.gate_settings import GateSettings

COLUMNS = ("fold", "user_id", "parent", "challenger")


@dataclass(frozen=True, eq=False)
class Proof:
    """The evidence about one challenger, checked and in one order.

    Args:
        labels: of the windows, ascending.
        differences: challenger minus parent.
        users: distinct evaluated users.
        parent: its mean over user-windows, NaN without any.
        challenger: its own.
    """

    labels: tuple[str, ...]
    differences: Differences
    users: int
    parent: float
    challenger: float

    @classmethod
    def of(cls, evaluation: pd.DataFrame) -> Proof:
        """Read the columns ``fold user_id parent challenger``, one row per evaluated user and gate window.

        Raises:
            ValueError: columns missing, or a user twice in one window.
        """
        _refuse(evaluation)
        # sorted, so that the order of rows cannot change a bit of the answer
        rows = evaluation.sort_values(["fold", "user_id"], kind="stable")
        parent, challenger = (rows[side].to_numpy(np.float64) for side in ("parent", "challenger"))
        labels, window = np.unique(rows["fold"].astype(str).to_numpy(dtype=object), return_inverse=True)
        user, known = pd.factorize(rows["user_id"])
        differences = Differences(challenger - parent, window.astype(np.int64), user.astype(np.int64))
        return cls(tuple(map(str, labels)), differences, len(known), _mean(parent), _mean(challenger))

    @classmethod
    def nothing(cls) -> Proof:
        """No evidence at all."""
        nobody = np.empty(0, dtype=np.int64)
        return cls((), Differences(np.empty(0), nobody, nobody), 0, float("nan"), float("nan"))

    @property
    def difference(self) -> float:
        """Challenger minus parent."""
        return self.challenger - self.parent

    @property
    def broken(self) -> bool:
        """Whether there are rows and some metric is no number."""
        return bool(self.labels) and not np.isfinite(self.difference)

    def measured(self, settings: GateSettings, comparisons: int, alpha: float) -> Decision:
        """Everything but the verdict: bounds at ``alpha``, the p-value and every window on its own."""
        estimate = self.differences.estimate(settings.resamples, settings.seed)
        lower, upper = estimate.bounds(alpha)
        return replace(
            self.unmeasured(settings, "not_enough_evidence", ""),
            lower=lower,
            upper=upper,
            p_value=estimate.p_value(settings.margin),
            alpha=alpha,
            comparisons=comparisons,
            by_window=self._by_window(settings),
        )

    def unmeasured(self, settings: GateSettings, verdict: Verdict, reason: str) -> Decision:
        """A verdict that needs no bounds."""
        nan = float("nan")
        return Decision(
            verdict=verdict,
            reason=reason,
            users=self.users,
            windows=len(self.labels),
            parent=self.parent,
            challenger=self.challenger,
            difference=self.difference,
            lower=nan,
            upper=nan,
            p_value=nan,
            margin=settings.margin,
            alpha=settings.alpha,
            comparisons=1,
            metric=settings.metric,
        )

    def _by_window(self, settings: GateSettings) -> tuple[WindowDifference, ...]:
        return tuple(self._window(code, settings) for code in range(len(self.labels)))

    def _window(self, code: int, settings: GateSettings) -> WindowDifference:
        values = self.differences.values[self.differences.window == code]
        everyone = np.arange(len(values), dtype=np.int64)
        estimate = Differences(values, np.zeros_like(everyone), everyone).estimate(settings.resamples, settings.seed)
        lower, upper = estimate.bounds(settings.alpha)
        return WindowDifference(self.labels[code], len(values), estimate.mean, lower, upper)


def numbers(decision: Decision, other: str) -> str:
    """The decision's figures in words; ``other`` is what the challenger was compared with."""
    return (
        f"{decision.metric.upper()} {decision.challenger:.4f} against the {other}'s {decision.parent:.4f}, "
        f"difference {decision.difference:+.4f} [{decision.lower:+.4f}, {decision.upper:+.4f}] "
        f"over {decision.users:,} users in {decision.windows} windows"
    )


def too_few(proof: Proof, settings: GateSettings) -> str:
    """Why there is not enough evidence, in words."""
    return (
        f"Not enough evidence: {proof.users:,} evaluated users in {len(proof.labels)} windows, "
        f"needed {settings.minimum_users:,} users in {settings.minimum_windows}."
    )


NOT_A_NUMBER = "A metric is not a number for some users, so nothing is proved: look at the challenger's scores."


def _refuse(evaluation: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in evaluation.columns]
    if missing:
        raise ValueError(f"an evaluation needs the columns {COLUMNS}; missing {missing}: use training.evaluation")
    if evaluation.duplicated(["fold", "user_id"]).any():
        raise ValueError(
            "an evaluation holds a user once a window; found repeated rows: keep one row per fold and user"
        )


def _mean(values: Floats | NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
