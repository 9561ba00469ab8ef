"""What Tessera did about an alarm, what it led to, and what that leaves for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Need = Literal["mend", "failed", "approve", "decide", "look", "wait", "nothing"]

# actions that train the segment itself
TRAINS: Final = frozenset({"retrain", "approve", "hold"})
# actions that train anything
RETRAINS: Final = TRAINS | {"retrain_parent"}


@dataclass(frozen=True)
class Retraining:
    """What retraining led to: ``outcome`` is the gate's verdict in words ("serves", "falls back", ...).

    ``challenger`` and ``parent`` are the metric on the segment's own users; ``seconds`` and ``trials`` are what it
    took. ``model`` says whose it is where it is not the segment's own ("the global model").
    """

    version: str
    outcome: str
    promoted: bool
    metric: str = "NDCG@10"
    challenger: float | None = None
    parent: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    seconds: float | None = None
    trials: int | None = None
    model: str = ""

    @property
    def proved(self) -> bool:
        """Whether the gate found it better."""
        return self.outcome == "serves"

    @property
    def numbers(self) -> str:
        """The gate's numbers in one line; empty when it had none."""
        if self.challenger is None or self.parent is None or self.difference is None:
            return ""
        known = self.lower is not None and self.upper is not None
        interval = f", interval {self.lower:+.4f} to {self.upper:+.4f}" if known else ""
        against = f"{self.challenger:.4f} against {self.parent:.4f} of the global model"
        return f"{self.metric} {against}, difference {self.difference:+.4f}{interval}".replace("-0", "−0")

    @property
    def result(self) -> str:
        """What became of it, in a few words."""
        if self.promoted:
            return "the new model serves"
        if self.proved:
            return "proved better, and waits for a person"
        return f"no better ({self.outcome}), so what served before goes on serving"


@dataclass(frozen=True)
class Answer:
    """One planned action (table ``drift_actions``) and the retraining that it led to, if any.

    ``seconds`` and ``trials`` are what was predicted; ``until``: no new try for the same cause before that day.
    """

    action: str = ""
    reason: str = ""
    seconds: float = 0.0
    trials: int = 0
    until: date | None = None
    retraining: Retraining | None = None

    def need(self, cause: str) -> Need:
        """What is left for a person to do."""
        if cause == "data":
            return "mend"
        if self.retraining is not None:
            return "nothing" if self.retraining.promoted else "approve" if self.retraining.proved else "look"
        if self.action in RETRAINS:
            return "failed"
        return "wait" if self.action in ("recluster", "cooldown") else "decide"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was done and what it led to."""
        if self.retraining is None:
            return (_UNTRAINED.get(self.action, _UNDONE).format(reason=self.reason or "no reason was kept"),)
        new = self.retraining
        made = f"retrained {new.model or 'this segment'} as version {new.version}: {new.result}"
        again = f"not tried again for this cause before {self.until}" if self.until and not new.promoted else ""
        return tuple(sentence for sentence in (made, new.numbers, self.cost, again) if sentence)

    @property
    def cost(self) -> str:
        """What the retraining took, beside what was predicted."""
        if self.retraining is None or self.retraining.seconds is None:
            return ""
        trials = f" and {self.retraining.trials:,} trials" if self.retraining.trials else ""
        predicted = f" (predicted: {_seconds(self.seconds)} and {self.trials:,} trials)" if self.seconds else ""
        return f"it took {_seconds(self.retraining.seconds)}{trials}{predicted}"


_UNDONE: Final = "nothing yet"
_UNTRAINED: Final = {
    "retrain": "retraining was asked for and did not finish: see the Airflow run",
    "approve": "retraining was asked for and did not finish: see the Airflow run",
    "hold": "retraining was asked for and did not finish: see the Airflow run",
    "retrain_parent": "retraining of the global model was asked for and did not finish: see the Airflow run",
    "recluster": "users will be clustered again ({reason})",
    "cooldown": "nothing new: {reason}",
    "over_budget": "nothing: {reason}",
    "alert": "nothing but this mail: {reason}",
}


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
