"""What a verdict leads to: the least that answers its cause, within a budget, and not again while it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

import pandas as pd

from monitoring.answers import RETRAINS, TRAINS
from warehouse import columns as c
from warehouse.schemas import TABLES

Policy = Literal["retrain", "alert-only", "approve"]
Action = Literal["retrain", "approve", "hold", "retrain_parent", "recluster", "alert", "cooldown", "over_budget"]


@dataclass(frozen=True)
class ActionSettings:
    """What the answers to drift may cost, and how often.

    Args:
        seconds: of training (wall time, all segments together) that one day's drift may ask for.
        trials: of tuning, likewise.
        cooldown_days: after a retraining, in which the same cause in the same segment is not answered again.
        parent_seconds: assumed for a retraining of the parent as long as none was recorded.

    Raises:
        ValueError: a number below 0.
    """

    seconds: float = 7200.0
    trials: int = 2000
    cooldown_days: int = 14
    parent_seconds: float = 600.0

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 0:
            raise ValueError(f"a budget of actions holds numbers of 0 or more; found {asdict(self)}")


@dataclass(frozen=True)
class Cost:
    """What a training takes: wall seconds and trials of tuning."""

    seconds: float = 0.0
    trials: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.trials + other.trials)

    def within(self, settings: ActionSettings) -> bool:
        """Whether a day may spend as much."""
        return self.seconds <= settings.seconds and self.trials <= settings.trials

    def __str__(self) -> str:
        return f"about {self.seconds:,.0f} s and {self.trials:,} trials"


@dataclass(frozen=True)
class Finding:
    """A verdict that asks for something, with all that decides what.

    Args:
        segment_id: whose, or ``all`` for the mix.
        cause: of the verdict.
        severity: how far beyond its limit the worst measurement lies; the worst are answered first.
        policy: of the segment; of the parent where the cause is ``catalogue``.
        cost: of its retraining; of everything where the cause is ``catalogue``.
        held: why the machine may only propose; empty where it may promote.
        answered: how the same cause was answered lately; empty where it was not.
        cooldown_until: the first day on which the cause may be answered again.
    """

    segment_id: str
    cause: str
    severity: float
    policy: Policy = "retrain"
    cost: Cost = Cost()
    held: str = ""
    answered: str = ""
    cooldown_until: date | None = None


@dataclass(frozen=True)
class PlannedAction:
    """One row of ``drift_actions``."""

    segment_id: str
    cause: str
    policy: Policy
    action: Action
    reason: str
    cost: Cost = Cost()
    cooldown_until: date | None = None


def plan_actions(findings: Sequence[Finding], settings: ActionSettings, until: date) -> tuple[PlannedAction, ...]:
    """One action per finding, by segment id.

    Behaviour and quality retrain that segment, the catalogue retrains the parent (and with it every segment, once),
    the mix clusters again, trouble with the data only alerts. Within the budget the worst finding comes first, a loss
    of quality before a movement; one that no longer fits is ``over_budget``, a smaller one behind it may still fit.

    Args:
        findings: of one day.
        settings: budget and cooldown.
        until: the end of the cooldown that a retraining of this day starts.
    """
    shared = [finding for finding in findings if finding.cause == "catalogue"]
    own = sorted((f for f in findings if f.cause != "catalogue"), key=_urgency)
    spent, planned = Cost(), list[PlannedAction]()
    for finding in shared:
        # the parent is retrained once, whoever asks
        planned.append(_planned(finding, finding.cost.within(settings), until))
    everything = any(action.action == "retrain_parent" for action in planned)
    for finding in own:
        # a new parent has every segment trained on it anyway
        fits = everything or (spent + finding.cost).within(settings)
        action = _planned(finding, fits, until)
        planned.append(action)
        spent += finding.cost if action.action in TRAINS else Cost()
    return tuple(sorted(planned, key=lambda action: action.segment_id))


def action_table(actions: Sequence[PlannedAction], as_of: date, run_id: str) -> pd.DataFrame:
    """Rows of table ``drift_actions``."""
    rows = [
        {
            c.AS_OF: as_of,
            **{name: getattr(action, name) for name in ("segment_id", "cause", "policy", "action", "reason")},
            "predicted_seconds": action.cost.seconds,
            "predicted_trials": action.cost.trials,
            "run_id": run_id,
            "cooldown_until": action.cooldown_until,
        }
        for action in actions
    ]
    return pd.DataFrame.from_records(rows, columns=TABLES["drift_actions"].schema.names)


def _urgency(finding: Finding) -> tuple[bool, float, str]:
    return finding.cause != "quality", -finding.severity, finding.segment_id


def _planned(finding: Finding, fits: bool, until: date) -> PlannedAction:
    action, reason = _decided(finding, fits)
    acts = action in RETRAINS or action == "recluster"
    cooldown = until if acts else finding.cooldown_until if action == "cooldown" else None
    cost = finding.cost if acts or action == "over_budget" else Cost()
    return PlannedAction(finding.segment_id, finding.cause, finding.policy, action, reason, cost, cooldown)


def _decided(finding: Finding, fits: bool) -> tuple[Action, str]:
    if finding.cause == "data":
        return "alert", "the data is in trouble: mend it; nothing is learnt from it"
    if finding.policy == "alert-only":
        return "alert", "the segment's policy is alert-only"
    if finding.answered:
        return "cooldown", f"{finding.answered}; the same cause is answered again from {finding.cooldown_until} on"
    if finding.cause == "mix":
        return "recluster", "users are clustered again the next day; segments keep their ids"
    if not fits:
        return "over_budget", f"{finding.cost} would exceed what one day's drift may cost: train it by hand"
    return _trained(finding)


def _trained(finding: Finding) -> tuple[Action, str]:
    held = f"; {finding.held}: the machine only proposes" if finding.held else ""
    approved = "; a person's approval lets it serve" if finding.policy == "approve" and not finding.held else ""
    if finding.cause == "catalogue":
        return "retrain_parent", f"the parent and every segment: {finding.cost}{held}{approved}"
    action: Action = "hold" if finding.held else "approve" if finding.policy == "approve" else "retrain"
    look = "; quality fell: please look too" if finding.cause == "quality" else ""
    return action, f"this segment alone: {finding.cost}{held}{approved}{look}"
