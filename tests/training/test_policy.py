from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.training.registrations import registration
from training.policy import act, decision_row
from training.registry import Registry
from warehouse.store import Store
from warehouse.windows import Window


@pytest.fixture
def registry(mlflow_server: str, tmp_path: Path) -> Registry:
    return Registry(mlflow_server, tmp_path / "promotions.jsonl")


def test_auto_promotes_what_the_gate_proved(registry: Registry, tmp_path: Path) -> None:
    asked = registration(tmp_path, "auto")
    promotion = act(registry, asked, registry.register(asked), "auto", expected=None)
    assert promotion is not None
    assert promotion.done


def test_nothing_follows_from_a_verdict_that_does_not_serve(registry: Registry, tmp_path: Path) -> None:
    asked = registration(tmp_path, "no")
    asked = replace(asked, decision=replace(asked.decision, verdict="falls_back"))
    version = registry.register(asked)
    assert act(registry, asked, version, "auto", expected=None) is None
    assert act(registry, asked, version, "manual", expected=None) is None
    assert registry.champion(asked.name) is None
    assert registry.challenger(asked.name) is None


def test_manual_proposes_and_an_older_model_is_not_even_proposed(registry: Registry, tmp_path: Path) -> None:
    asked = registration(tmp_path, "hand")
    version = registry.register(asked)
    assert act(registry, asked, version, "manual", expected=None) is None
    proposed = registry.challenger(asked.name)
    assert proposed is not None
    registry.promote(asked.name, version, expected=None)
    older = replace(asked, as_of=asked.as_of - timedelta(days=7))
    act(registry, older, registry.register(older), "manual", expected=version)
    assert registry.challenger(asked.name) is None


def test_a_decision_is_a_row_of_its_table(tmp_path: Path) -> None:
    asked = registration(tmp_path, "row")
    store = Store(tmp_path / "lake")
    frame = pd.DataFrame([decision_row(asked, "3", promoted=True)])
    store.replace("gate_decisions", frame, Window.day(date(2026, 3, 1)), segment_id="row")
    kept = store.frame("gate_decisions").iloc[0]
    assert kept["verdict"] == "serves"
    assert kept["model_version"] == "3"
    assert kept["lower"] == pytest.approx(asked.decision.lower)
