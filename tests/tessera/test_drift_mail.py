from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from monitoring.alerts import MovedFeature, SegmentAlert
from tessera.drift_mail import drift_letter
from tessera.monitor import MIX, drift_reason, findings_file
from tessera.settings import Settings
from tests.tessera.conftest import Environment
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

DAY = date(2026, 3, 8)
MOVED = MovedFeature("category", "category", "garden 12 %", "garden 31 %", 0.3, 0.1)


@pytest.fixture
def settings(environment: Environment, tmp_path: Path) -> Settings:
    return environment.load(TESSERA_HOME=str(tmp_path / "home"), TESSERA_MAIL_TO='["a@example.org"]')


def found(settings: Settings, mix: str = "no_drift", drifted: bool = True) -> None:
    alerts = [SegmentAlert("s1", "Night owls", 300, "behaviour", "category moved", (MOVED,))] if drifted else []
    verdicts = {
        "s1": {"verdict": "drift" if drifted else "no_drift", "reason": "category moved"},
        "s2": {"verdict": "too_little_data", "reason": "12 rows"},
        MIX: {"verdict": mix, "reason": "sizes moved by 0.3"},
    }
    file = findings_file(settings, DAY)
    file.parent.mkdir(parents=True)
    kept = {"verdicts": verdicts, "alerts": [asdict(one) for one in alerts], "names": {"s2": "Newcomers"}}
    file.write_text(json.dumps(kept))


def decided(settings: Settings, reason: str) -> None:
    row: dict[str, Any] = dict.fromkeys(TABLES["gate_decisions"].schema.names)
    row |= {"as_of": DAY, "segment_id": "s1", "verdict": "falls_back", "model_version": "4", "promoted": False}
    row |= {"challenger": 0.1234, "parent": 0.12, "difference": 0.0034, "detail": json.dumps({"reason": reason})}
    Store(settings.lake).replace("gate_decisions", pd.DataFrame([row]), Window.day(DAY))


def letter(settings: Settings) -> dict[str, Any]:
    written = drift_letter(Store(settings.lake), settings, DAY, "scheduled/1")
    assert written is not None
    return written


def test_the_letter_tells_what_the_drift_had_retrained(settings: Settings) -> None:
    found(settings)
    decided(settings, f"{drift_reason(DAY)}: s1: category moved")
    text = letter(settings)["text"]
    assert "0.1234 against 0.1200" in text
    assert "Night owls" in letter(settings)["subject"]
    assert "Newcomers" in text


def test_a_training_of_the_same_day_for_another_reason_is_not_claimed(settings: Settings) -> None:
    found(settings)
    decided(settings, "scheduled")
    text = letter(settings)["text"]
    assert "0.1234" not in text
    assert "did not finish" in text


def test_the_same_finding_has_the_same_id_and_another_run_another(settings: Settings) -> None:
    found(settings)
    store = Store(settings.lake)
    first, again = letter(settings)["message_id"], letter(settings)["message_id"]
    other = drift_letter(store, settings, DAY, "manual/2")
    assert first == again
    assert other is not None
    assert other["message_id"] != first


def test_a_quiet_day_has_no_letter_and_a_shift_of_the_mix_has_one(settings: Settings) -> None:
    found(settings, drifted=False)
    assert drift_letter(Store(settings.lake), settings, DAY, "run") is None
    findings_file(settings, DAY).unlink()
    findings_file(settings, DAY).parent.rmdir()
    found(settings, mix="drift", drifted=False)
    assert "sizes moved by 0.3" in letter(settings)["text"]
