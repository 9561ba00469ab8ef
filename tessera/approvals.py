"""Proved models that wait for a person's answer in Airflow."""

from __future__ import annotations

from datetime import date
from typing import Any

from tessera.decisions import Decided, decisions
from training.registry import Registry
from training.versions import model_name
from warehouse.store import Store
from warehouse.windows import Window

DAG_ID = "approve_promotion"


def approval_run_id(as_of: date, segment_id: str, version: str) -> str:
    """The id of the run of ``approve_promotion`` that asks about a version: one question, however often it is put."""
    return f"approve__{as_of}__{segment_id}__v{version}"


def approval_requests(store: Store, registry: Registry, as_of: date) -> list[dict[str, Any]]:
    """What ``approve_promotion`` is asked, as ``{"trigger_run_id", "conf"}``: one question a waiting version."""
    waiting = [one for one in decisions(store, Window.day(as_of)) if one.waits]
    return [_request(registry, one) for one in waiting]


def _request(registry: Registry, decided: Decided) -> dict[str, Any]:
    champion = registry.champion(model_name(decided.segment_id))
    conf = {
        "segment": decided.segment_id,
        "version": decided.version,
        "expected": champion.version if champion else None,
        "as_of": decided.as_of.isoformat(),
        "reason": str(decided.detail.get("reason", "")),
    }
    return {"trigger_run_id": approval_run_id(decided.as_of, decided.segment_id, decided.version), "conf": conf}
