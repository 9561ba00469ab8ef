"""What a monitored day has to tell, gathered from the tables that the run wrote."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from monitoring.alarms import Alarm, follow
from monitoring.alerts import Link, MovedFeature, Recovery, SegmentAlert
from monitoring.answers import RETRAINS, Answer, Retraining
from monitoring.letter import SEVERITIES
from tessera.alert_effects import AlertEffects
from tessera.alert_routes import AlertRoutes
from tessera.approvals import DAG_ID, approval_run_id
from tessera.drift_actions import drift_reason
from tessera.links import Links
from tessera.monitor import MIX, findings_file
from tessera.segment_policies import load_policies
from tessera.settings import Settings
from training.versions import GLOBAL
from warehouse.store import Store
from warehouse.windows import Window

Row = dict[Hashable, Any]

EVERYBODY = "All users"
SEPARATOR = "; "


@dataclass(frozen=True)
class AlertFindings:
    """The alarms of one monitored day, those that are over, and what there is to say about each.

    Everything is read from tables, from the run's own findings and from what was told about earlier days; a rerun of
    the day finds the same.

    Args:
        store: of the tables.
        settings: of the installation.
        as_of: the monitored day.
        routes: who is told about which segment.
        told: day and finding (:func:`finding_of`) of the letters about the days before: a backfilled day tells nobody.
    """

    store: Store
    settings: Settings
    as_of: date
    routes: AlertRoutes
    told: Collection[tuple[date, str]] = ()

    @cached_property
    def verdicts(self) -> dict[str, Row]:
        """The day's rows of ``drift_verdicts`` by segment id; :data:`MIX` is everybody."""
        return _by_segment(self._rows("drift_verdicts", Window.day(self.as_of)))

    @cached_property
    def alarms(self) -> dict[str, Alarm]:
        """How the alarm of each segment that was judged on the day stands."""
        days = Window.trailing(self.as_of + timedelta(days=1), self.settings.alerts.history_days)
        history: dict[str, list[tuple[date, str, str]]] = {segment: [] for segment in self.verdicts}
        for row in sorted(self._rows("drift_verdicts", days), key=lambda row: row["as_of"]):
            if row["segment_id"] in history:
                history[row["segment_id"]].append((row["as_of"], str(row["verdict"]), str(row["cause"])))
        return {s: follow(seen, self.settings.alerts.recovery_days) for s, seen in history.items()}

    def alerts(self) -> list[SegmentAlert]:
        """What is news: alarms that nobody was told of, or that were answered again; the most severe first."""
        told = [segment for segment, alarm in self.alarms.items() if self._is_news(segment, alarm)]
        effects = AlertEffects(self.store, self.settings, self.as_of).of(told)
        alerts = [self._alert(segment, effects.get(segment, ())) for segment in told]
        return sorted(alerts, key=lambda a: (-SEVERITIES.index(a.severity), -a.users, a.segment_id))

    def recoveries(self) -> list[Recovery]:
        """Alarms that end on this day and were told of."""
        over = sorted((s, a) for s, a in self.alarms.items() if a.news == "over" and self._was_told(s, a))
        return [self._recovery(segment, alarm) for segment, alarm in over]

    def ongoing(self, but: Iterable[str]) -> tuple[str, ...]:
        """Alarms that go on and were told before, in words."""
        known = set(but)
        open_ = sorted((s, a) for s, a in self.alarms.items() if a.open and s not in known)
        return tuple(f"“{self.name(segment)}” since {alarm.since} ({alarm.cause})" for segment, alarm in open_)

    def name(self, segment: str) -> str:
        """What people call a segment."""
        return EVERYBODY if segment == MIX else self._kept["names"].get(segment, segment)

    def users(self, segment: str) -> int:
        """How many users a segment has: as of its last fit, or as many as were seen."""
        return self._sizes.get(segment) or int(self.verdicts[segment]["users"])

    def _is_news(self, segment: str, alarm: Alarm) -> bool:
        if alarm.last != self.as_of:
            return False
        return not self._was_told(segment, alarm) or self._actions.get(segment, {}).get("action") in RETRAINS

    def _was_told(self, segment: str, alarm: Alarm) -> bool:
        """Whether a letter about an earlier day of this alarm named its cause."""
        since, said = alarm.since or self.as_of, finding_of(segment, alarm.cause)
        return any(day >= since and said in finding.split(SEPARATOR) for day, finding in self.told)

    def _alert(self, segment: str, effects: tuple[Any, ...]) -> SegmentAlert:
        row, alarm, name = self.verdicts[segment], self.alarms[segment], self.name(segment)
        moved = self._moved.get(segment, ())
        answer = self._answer(segment, alarm.cause)
        times = max((one.times for one in moved), default=0.0)
        usual = self.settings.alerts.severity(alarm.cause, self._share(segment), times)
        return SegmentAlert(
            segment_id=segment,
            name=name,
            users=self.users(segment),
            cause=alarm.cause,
            reason=str(row["reason"]),
            moved=moved,
            answer=answer,
            links=self._links(segment, alarm.cause, answer),
            effects=effects,
            severity=self.routes.of(segment, name).severity or usual,
            news=alarm.news,
            since=alarm.since,
        )

    def _answer(self, segment: str, cause: str) -> Answer:
        row = self._actions.get(segment)
        retraining = self._retrainings.get(GLOBAL if cause == "catalogue" else segment)
        if row is None:
            return Answer(retraining=retraining)
        until: date | None = None if pd.isna(row["cooldown_until"]) else row["cooldown_until"]
        predicted, trials = _known(row["predicted_seconds"]) or 0.0, int(_known(row["predicted_trials"]) or 0)
        done = retraining if row["action"] in RETRAINS else None
        return Answer(str(row["action"]), str(row["reason"]), predicted, trials, until, done)

    def _links(self, segment: str, cause: str, answer: Answer) -> tuple[Link, ...]:
        links, trained, new = Links(self.settings), GLOBAL if cause == "catalogue" else segment, answer.retraining
        if segment == MIX:
            return (Link("Segments", links.overview),)
        found = [Link("Segment", links.page(segment))]
        if new is not None and answer.need(cause) == "approve" and answer.action == "approve":
            found.append(Link("Approve", links.run(DAG_ID, approval_run_id(self.as_of, trained, new.version))))
        if new is not None and new.version:
            found.append(Link("MLflow version", links.version(trained, new.version)))
        else:
            found.append(Link("MLflow model", links.model(trained)))
        if (self.settings.reports / self.as_of.isoformat() / f"{segment}.html").exists():
            found.append(Link("Drift report", links.report(self.as_of, segment)))
        return tuple(found)

    def _recovery(self, segment: str, alarm: Alarm) -> Recovery:
        since, last = alarm.since or self.as_of, alarm.last or self.as_of
        page = Links(self.settings).page(segment) if segment != MIX else Links(self.settings).overview
        links = (Link("Segment", page),)
        name, users, served = self.name(segment), self.users(segment), self._promoted(segment, since)
        return Recovery(segment, name, users, alarm.cause, since, last, alarm.calm, links, served)

    def _promoted(self, segment: str, since: date) -> str:
        """Which version was promoted meanwhile, in words."""
        rows = self._rows("gate_decisions", Window(since, self.as_of + timedelta(days=1)))
        mine = sorted((r for r in rows if r["promoted"] and r["segment_id"] == segment), key=lambda r: r["as_of"])
        return f"Version {mine[-1]['model_version']} of {mine[-1]['as_of']} was promoted meanwhile." if mine else ""

    def _share(self, segment: str) -> float:
        """Which part of all users the segment holds, each counted with its segment's value."""
        if segment == MIX or not self._sizes:
            return 1.0
        policies = load_policies(self.settings)
        worth = {s: users * policies.of(s, self.name(s)).value for s, users in self._sizes.items()}
        return worth.get(segment, 0.0) / (sum(worth.values()) or 1.0)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        fit = self.store.newest_date("segments", self.as_of)
        rows = self._rows("segments", Window.day(fit)) if fit else []
        return {str(row["segment_id"]): int(row["users"]) for row in rows}

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """What the run kept beside the tables: names, and what moved with its pictures."""
        kept: dict[str, Any] = json.loads(findings_file(self.settings, self.as_of).read_text(encoding="utf-8"))
        return kept

    @cached_property
    def _moved(self) -> dict[str, tuple[MovedFeature, ...]]:
        many = TypeAdapter(tuple[MovedFeature, ...])
        return {alert["segment_id"]: many.validate_python(alert["moved"]) for alert in self._kept["alerts"]}

    @cached_property
    def _actions(self) -> dict[str, Row]:
        return _by_segment(self._rows("drift_actions", Window.day(self.as_of)))

    @cached_property
    def _retrainings(self) -> dict[str, Retraining]:
        """What the day's drift had retrained, by segment id."""
        # the weekly training of the same day is not an answer to the drift
        asked = drift_reason(self.as_of)
        found = {}
        for row in self._rows("gate_decisions", Window.day(self.as_of)):
            detail = json.loads(row["detail"]) if row["detail"] else {}
            if str(detail.get("reason", "")).startswith(asked):
                found[str(row["segment_id"])] = _retraining(row, detail)
        return found

    def _rows(self, table: str, window: Window) -> list[Row]:
        return self.store.frame(table, window=window).to_dict("records") if self.store.exists(table) else []


def finding_of(segment: str, cause: str) -> str:
    """One alarm, as the outbox keeps what a letter was about; several are joined by :data:`SEPARATOR`."""
    return f"{segment} {cause}"


def _by_segment(rows: list[Row]) -> dict[str, Row]:
    return {str(row["segment_id"]): row for row in sorted(rows, key=lambda row: str(row["segment_id"]))}


def _retraining(row: Row, detail: dict[str, Any]) -> Retraining:
    cost = detail.get("cost", {})
    return Retraining(
        version=str(row["model_version"] or ""),
        outcome=str(row["verdict"]).replace("_", " "),
        promoted=bool(row["promoted"]),
        metric=str(row["metric"] or "NDCG@10"),
        challenger=_known(row["challenger"]),
        parent=_known(row["parent"]),
        difference=_known(row["difference"]),
        lower=_known(row["lower"]),
        upper=_known(row["upper"]),
        seconds=_known(cost.get("seconds")),
        trials=int(cost["trials"]) if cost.get("trials") else None,
        model="the global model" if row["segment_id"] == GLOBAL else "",
    )


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
