"""From a day's verdicts to what is done about them, written to ``drift_actions`` before it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import pandas as pd

from monitoring.actions import Cost, Finding, action_table, plan_actions
from monitoring.alarms import ALARMING
from monitoring.answers import RETRAINS, TRAINS
from tessera.decisions import Decided, decisions
from tessera.drift_request import DriftRequest
from tessera.segment_policies import load_policies
from tessera.settings import Settings
from tessera.training_costs import TrainingCosts
from training.policies import SegmentPolicy
from training.registry import Registry
from training.versions import GLOBAL, model_name
from warehouse.store import Store
from warehouse.windows import Window

TABLE: Final = "drift_actions"
_DOES: Final = RETRAINS | {"recluster"}
_REASON_LENGTH: Final = 500

Row = dict[str, Any]


@dataclass(frozen=True)
class DriftActions:
    """Plans the answers to one monitored day.

    The same day planned again keeps the rows of what was done, so that nothing is done twice: not by a rerun, not
    after a crash, not by a second run of the day.
    """

    store: Store
    settings: Settings
    registry: Registry
    as_of: date
    run_id: str

    def plan(self, write: bool = True) -> dict[str, Any]:
        """Decide, write the partition, and return ``{"retrain": conf or {}, "actions": {segment: action}}``."""
        findings = self.findings()
        until = self.as_of + timedelta(days=self.settings.actions.cooldown_days)
        fresh = action_table(plan_actions(findings, self.settings.actions, until), self.as_of, self.run_id)
        rows = [self._settled(row) for row in _records(fresh)]
        if write and (rows or self._known):
            table = pd.DataFrame.from_records(rows, columns=fresh.columns)
            self.store.replace(TABLE, table, Window.day(self.as_of))
        due = [row for row in rows if row["action"] in _DOES and not self._done(row)]
        return {"retrain": self._request(due), "actions": {row["segment_id"]: row["action"] for row in rows}}

    def findings(self) -> list[Finding]:
        """The day's verdicts that ask for something, with all that decides what."""
        if not self.store.exists("drift_verdicts"):
            return []
        rows = self.store.frame(
            "drift_verdicts", window=Window.day(self.as_of), columns=["segment_id", "verdict", "cause"]
        )
        asking = rows[rows["verdict"].isin(ALARMING)].sort_values("segment_id")
        return [self._finding(str(row["segment_id"]), str(row["cause"])) for row in _records(asking)]

    def _finding(self, segment: str, cause: str) -> Finding:
        trained = GLOBAL if cause in ("catalogue", "mix") else segment
        policy = self._policy(trained)
        answered, until = self._answered(segment, cause)
        trains = cause not in ("mix", "data")
        return Finding(
            segment_id=segment,
            cause=cause,
            severity=self._severities.get(segment, 1.0),
            policy=policy.on_drift,
            cost=self._cost(trained) if trains else Cost(),
            held=self.registry.held(model_name(trained), self.as_of, policy.hold_days) if trains else "",
            answered=answered,
            cooldown_until=until,
        )

    def _cost(self, trained: str) -> Cost:
        return self._costs.of_everything() if trained == GLOBAL else self._costs.of(trained)

    def _policy(self, segment: str) -> SegmentPolicy:
        policies = load_policies(self.settings)
        return policies.default if segment == GLOBAL else policies.of(segment, self._names.get(segment, ""))

    def _answered(self, segment: str, cause: str) -> tuple[str, date | None]:
        """How the same cause was answered within its cooldown, and until when that lasts."""
        for row in reversed(self._recent):
            same = row["cause"] == cause and (cause == "catalogue" or row["segment_id"] == segment)
            if same and row["action"] in _DOES and row["cooldown_until"] > self.as_of:
                words = self._outcome(row)
                if words:
                    return words, row["cooldown_until"]
        return "", None

    def _outcome(self, row: Row) -> str:
        """What became of an earlier action, in words; empty where it did not finish, so that it is tried again."""
        if row["action"] == "recluster":
            return f"users were clustered again after {row['as_of']}"
        decided = self._answer(row)
        if decided is None:
            return ""
        if decided.promoted:
            return f"version {decided.version}, trained for it as of {row['as_of']}, serves"
        if decided.verdict == "serves":
            return f"version {decided.version}, trained for it as of {row['as_of']}, waits for a person"
        return f"retrained as of {row['as_of']} and no better: {decided.verdict.replace('_', ' ')}"

    def _settled(self, row: Row) -> Row:
        """The row of an earlier run of the same day where that run did what is to be done, else the fresh one."""
        known = self._known.get((row["segment_id"], row["cause"]))
        if known is None:
            return row
        told = known["action"] == row["action"] and row["action"] not in RETRAINS
        return known if told or (known["action"] in _DOES and self._done(known)) else row

    def _done(self, row: Row) -> bool:
        # the next fit of the segmentation reads the row itself
        return row["action"] == "recluster" or self._answer(row) is not None

    def _answer(self, row: Row) -> Decided | None:
        trained = GLOBAL if row["action"] == "retrain_parent" else row["segment_id"]
        return self._decisions.get((row["as_of"], trained, row["run_id"]))

    def _request(self, due: list[Row]) -> dict[str, Any]:
        """The conf of one training run that answers all of them; empty where nothing is to be trained."""
        own = {row["segment_id"]: row["cause"] for row in due if row["action"] in TRAINS}
        everything = any(row["action"] == "retrain_parent" for row in due)
        if not (own or everything):
            return {}
        waits = [s for s in (*self._names, GLOBAL) if self._policy(s).on_drift == "approve"]
        # a new parent needs every segment proved on it again: no names means all
        approve = waits if everything else [row["segment_id"] for row in due if row["action"] == "approve"]
        return {
            "segments": [] if everything else sorted(own),
            "as_of": self.as_of.isoformat(),
            "reason": f"{drift_reason(self.as_of)}: {self._told(due)}"[:_REASON_LENGTH],
            "drift": DriftRequest(self.run_id, own, tuple(sorted(approve))).plain(),
        }

    def _told(self, due: list[Row]) -> str:
        return " | ".join(f"{row['segment_id']} {row['cause']}" for row in due)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Living segments by id, as of the newest fit before or on the day."""
        fit = self.store.newest_date("segments", self.as_of)
        if fit is None:
            return {}
        rows = self.store.frame("segments", window=Window.day(fit), columns=["segment_id", "name"])
        return dict(sorted(zip(rows["segment_id"].astype(str), rows["name"].astype(str), strict=True)))

    @cached_property
    def _severities(self) -> Mapping[str, float]:
        """How many times its limit the worst measurement of each segment reached."""
        columns = ["segment_id", "distance", "threshold"]
        rows = self.store.frame("drift_measurements", window=Window.day(self.as_of), columns=columns)
        worst = (rows["distance"] / rows["threshold"]).groupby(rows["segment_id"]).max()
        return {str(segment): float(times) for segment, times in worst.items()}

    @cached_property
    def _costs(self) -> TrainingCosts:
        known = [one for one in decisions(self.store) if one.as_of < self.as_of]
        planned = self.store.newest_date("tuning_budget", self.as_of)
        rows = _records(self.store.frame("tuning_budget", window=Window.day(planned))) if planned else []
        sizes = dict.fromkeys(self._names, 0) | {row["segment_id"]: int(row["users"]) for row in rows}
        head = self.settings.training.head
        return TrainingCosts(
            known=known,
            users={segment: sizes[segment] for segment in self._names},
            trials={row["segment_id"]: int(row["trials"]) for row in rows},
            usual=Cost(head.seconds, head.trials),
            parent_seconds=self.settings.actions.parent_seconds,
        )

    @cached_property
    def _recent(self) -> list[Row]:
        """Actions of the days before this one whose cooldown may last, oldest first."""
        days = self.settings.actions.cooldown_days
        if not (days and self.store.exists(TABLE)):
            return []
        return _records(self.store.frame(TABLE, window=Window.trailing(self.as_of, days)).sort_values("as_of"))

    @cached_property
    def _known(self) -> dict[tuple[str, str], Row]:
        """The day's rows that an earlier run wrote, by segment and cause."""
        if not self.store.exists(TABLE):
            return {}
        rows = _records(self.store.frame(TABLE, window=Window.day(self.as_of)))
        return {(row["segment_id"], row["cause"]): row for row in rows}

    @cached_property
    def _decisions(self) -> dict[tuple[date, str, str], Decided]:
        """What drift had trained, by day, segment and the monitoring run that asked."""
        days = Window.trailing(self.as_of + timedelta(days=1), self.settings.actions.cooldown_days + 1)
        return {(one.as_of, one.segment_id, one.asked_by): one for one in decisions(self.store, days) if one.asked_by}


def drift_reason(as_of: date) -> str:
    """How the reason of every training begins that a day's drift asked for."""
    return f"drift as of {as_of}"


def training_run_id(request: Mapping[str, Any]) -> str:
    """The id of the training run of a request: asked for again after a crash, it is the same run."""
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:8]
    return f"drift__{request['as_of']}__{digest}"


def _records(frame: pd.DataFrame) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
