"""The letter of one monitoring run, after what drifted was retrained."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

import pandas as pd
from pydantic import TypeAdapter

from monitoring.alerts import DriftMail, Link, Retraining, SegmentAlert
from monitoring.mail import render
from tessera.monitor import MIX, drift_reason, findings_file
from tessera.settings import Settings
from training.versions import model_name
from warehouse.store import Store
from warehouse.windows import Window

Decisions = dict[str, dict[Hashable, Any]]


def drift_letter(store: Store, settings: Settings, as_of: date, run_id: str) -> dict[str, Any] | None:
    """The mail as plain values (``to sender subject html text message_id``), or ``None`` when nothing drifted.

    Raises:
        FileNotFoundError: the day was never monitored.
    """
    found = json.loads(findings_file(settings, as_of).read_text())
    alerts = TypeAdapter(tuple[SegmentAlert, ...]).validate_python(found["alerts"])
    mix = found["verdicts"].get(MIX, {})
    if not alerts and mix.get("verdict") != "drift":
        return None
    letter = _letter(store, settings, as_of, run_id, alerts, found)
    rendered = render(letter)
    return {
        "to": list(settings.mail_to),
        "sender": settings.mail_from,
        "subject": rendered.subject,
        "html": rendered.html,
        "text": rendered.text,
        # the same finding always carries the same id: a mailbox that saw it twice shows it once
        "message_id": f"<drift-{as_of}-{quote(run_id, safe='')}@tessera>",
    }


def _letter(
    store: Store, settings: Settings, as_of: date, run_id: str, alerts: tuple[SegmentAlert, ...], found: dict[str, Any]
) -> DriftMail:
    verdicts = {s: v for s, v in found["verdicts"].items() if s != MIX}
    mix = found["verdicts"].get(MIX, {})
    decisions = _decisions(store, as_of)
    return DriftMail(
        as_of=as_of,
        alerts=tuple(_completed(item, decisions, settings, as_of) for item in alerts),
        links=(Link("Airflow run", _airflow_run(settings, "monitor_segments", run_id)),),
        quiet=sum(v["verdict"] == "no_drift" for v in verdicts.values()),
        scarce=tuple(found["names"].get(s, s) for s, v in verdicts.items() if v["verdict"] == "too_little_data"),
        windows=_windows(settings),
        notes=(mix["reason"],) if mix.get("verdict") == "drift" else (),
    )


def _completed(item: SegmentAlert, decisions: Decisions, settings: Settings, as_of: date) -> SegmentAlert:
    row = decisions.get(item.segment_id)
    retraining = _retraining(row) if row is not None else None
    links = [Link("MLflow model", f"{settings.mlflow_uri}/#/models/{model_name(item.segment_id)}")]
    if retraining and retraining.version:
        links = [Link("MLflow version", f"{links[0].url}/versions/{retraining.version}")]
    report = settings.reports / as_of.isoformat() / f"{item.segment_id}.html"
    if report.exists():
        links.append(Link("Drift report", report_url(settings, as_of, item.segment_id)))
    action = "" if retraining else "retraining was asked for and did not finish: see the Airflow run"
    return replace(item, retraining=retraining, action=action, links=tuple(links))


def report_url(settings: Settings, as_of: date, segment_id: str) -> str:
    """Where the API shows the kept Evidently page of a drifted segment."""
    return f"{settings.api_url}/reports/{as_of}/{segment_id}.html"


def _retraining(row: dict[Hashable, Any]) -> Retraining:
    return Retraining(
        version=str(row["model_version"] or ""),
        outcome=str(row["verdict"]).replace("_", " "),
        promoted=bool(row["promoted"]),
        challenger=_known(row["challenger"]),
        parent=_known(row["parent"]),
        difference=_known(row["difference"]),
        lower=_known(row["lower"]),
        upper=_known(row["upper"]),
    )


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _decisions(store: Store, as_of: date) -> Decisions:
    """What the drift of a day had retrained, by segment id."""
    if not store.exists("gate_decisions"):
        return {}
    rows = store.frame("gate_decisions", window=Window.day(as_of)).to_dict("records")
    # the weekly training of the same day is not an answer to the drift
    asked = drift_reason(as_of)
    return {str(r["segment_id"]): r for r in rows if json.loads(r["detail"]).get("reason", "").startswith(asked)}


def _airflow_run(settings: Settings, dag: str, run_id: str) -> str:
    return f"{settings.airflow_url}/dags/{dag}/runs/{quote(run_id, safe='')}"


def _windows(settings: Settings) -> str:
    drift = settings.drift
    return f"The last {drift.current_days} days against the {drift.reference_days} days before the champion's training."
