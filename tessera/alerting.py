"""The letters of a monitored day: composed for each reader and put into the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from monitoring.alerts import DriftMail, Link, Recovery, SegmentAlert
from monitoring.letter import NOTIFIER, SEVERITIES, Kind, Letter, Severity
from monitoring.mail import render
from monitoring.outbox import Outbox
from tessera.alert_findings import SEPARATOR, AlertFindings, finding_of
from tessera.alert_routes import load_routes
from tessera.links import Links
from tessera.monitor import MIX
from tessera.settings import Settings
from warehouse.store import Store

Told = TypeVar("Told", SegmentAlert, Recovery)


def post_alerts(
    store: Store, settings: Settings, outbox: Outbox, as_of: date, run_id: str, now: datetime
) -> dict[str, Any]:
    """Write a day's letters into the outbox, unless they are there already: ``{"letters", "new", "subjects"}``.

    Raises:
        FileNotFoundError: the day was never monitored.
    """
    letters = compose_letters(store, settings, outbox, as_of, run_id)
    release = settings.alerts.quiet.release
    new = sum(outbox.add([letter], now, release(now, letter.severity)) for letter in letters)
    return {"letters": len(letters), "new": new, "subjects": sorted({letter.subject for letter in letters})}


def compose_letters(store: Store, settings: Settings, outbox: Outbox, as_of: date, run_id: str) -> list[Letter]:
    """Every reader's letters about a day: one about alarms, one about those that are over; none on a quiet day.

    The outbox says what was told about the days before: an alarm that goes on is not told twice.
    """
    told = outbox.told("alert", as_of - timedelta(days=settings.alerts.history_days), as_of)
    findings = AlertFindings(store, settings, as_of, load_routes(settings), told)
    alerts, recoveries = findings.alerts(), findings.recoveries()
    writer = _Writer(findings, run_id)
    found = [writer.letter("alert", reader, mine, ()) for reader, mine in _shared(findings, alerts)]
    over = [writer.letter("recovery", reader, (), mine) for reader, mine in _shared(findings, recoveries)]
    return [*found, *over, *writer.notices(alerts, recoveries)]


@dataclass(frozen=True)
class _Writer:
    """Writes one day's letters."""

    findings: AlertFindings
    run_id: str

    def letter(self, kind: Kind, reader: str, alerts: Sequence[SegmentAlert], recoveries: Sequence[Recovery]) -> Letter:
        told: list[SegmentAlert | Recovery] = [*alerts, *recoveries]
        rendered = render(self._mail(alerts, recoveries))
        return Letter(
            kind=kind,
            as_of=self.findings.as_of,
            finding=SEPARATOR.join(sorted(finding_of(one.segment_id, one.cause) for one in told)),
            recipient=reader,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            severity=_highest(alerts),
            run_id=self.run_id,
            sender=self.findings.settings.mail_from,
        )

    def notices(self, alerts: Sequence[SegmentAlert], recoveries: Sequence[Recovery]) -> list[Letter]:
        """The same for Airflow's notifiers, each of which hears of everything from its severity on."""
        made: list[Letter] = []
        for name, notifier in self.findings.settings.notifiers.items():
            reader = f"{NOTIFIER}{name}"
            made += [self.letter("alert", reader, alerts, ())] if alerts else []
            made += [self.letter("recovery", reader, (), recoveries)] if recoveries else []
            made = [one for one in made if one.recipient != reader or notifier.wants(one.severity)]
        return made

    def _mail(self, alerts: Sequence[SegmentAlert], recoveries: Sequence[Recovery]) -> DriftMail:
        found, settings = self.findings, self.findings.settings
        told = {*(one.segment_id for one in alerts), *(one.segment_id for one in recoveries)}
        verdicts = {s: str(row["verdict"]) for s, row in found.verdicts.items() if s not in {MIX, *told}}
        drift = settings.drift
        reference = f"the {drift.reference_days} days before the champion's training"
        return DriftMail(
            as_of=found.as_of,
            alerts=tuple(alerts),
            recoveries=tuple(recoveries),
            links=(Link("Airflow run", Links(settings).run("monitor_segments", self.run_id)),),
            quiet=sum(verdict == "no_drift" for verdict in verdicts.values()),
            scarce=tuple(found.name(s) for s, verdict in verdicts.items() if verdict == "too_little_data"),
            ongoing=found.ongoing(but=told),
            windows=f"The last {drift.current_days} days against {reference}." if alerts else "",
            digest=len(alerts) >= settings.alerts.digest_from,
        )


def _shared(findings: AlertFindings, told: Sequence[Told]) -> list[tuple[str, list[Told]]]:
    """Who is told about what: every address once, with all that is for it."""
    readers: dict[str, list[Told]] = {}
    for one in told:
        for address in findings.routes.of(one.segment_id, one.name).to:
            readers.setdefault(address, []).append(one)
    return sorted(readers.items())


def _highest(alerts: Sequence[SegmentAlert]) -> Severity:
    return max((one.severity for one in alerts), key=SEVERITIES.index, default="info")
