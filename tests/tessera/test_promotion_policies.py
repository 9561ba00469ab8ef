"""What a segment's promotion policy lets a proved model do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from tessera.drift_request import DriftRequest
from tessera.settings import Settings
from tessera.training import SegmentTraining
from tests.tessera.conftest import Environment
from tests.tessera.test_tuning import PLANNED
from training.decision import Decision
from training.policies import Promotion
from training.promotion import Promotion as Outcome
from training.registry import Registry
from training.versions import Registration
from warehouse.store import Store

AS_OF = date(2026, 3, 8)
PROVED = Decision("serves", "Better.", 900, 3, 0.1, 0.12, 0.02, 0.01, 0.03, 0.001, 0.0, 0.05, 1)


@dataclass
class Notebook:
    """A registry that writes down what it is asked for."""

    asked: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    held: bool = False

    def register(self, registration: Registration) -> str:
        return "4"

    def propose(self, name: str, version: str) -> None:
        self.asked.append("propose")

    def annotate(self, name: str, version: str, tags: dict[str, str]) -> None:
        self.tags = tags

    def promote(self, name: str, version: str, expected: str | None, reason: str, hold_days: int) -> Outcome:
        self.asked.append("promote")
        if self.held:
            return Outcome("held", expected, f"a person chose version 3, which is held for {hold_days} days")
        return Outcome("moved", version, "it serves instead of the parent")


def training(
    settings: Settings, notebook: Notebook, policy: Promotion, drift: DriftRequest | None = None
) -> SegmentTraining:
    store, registry = Store(settings.lake), cast(Registry, notebook)
    asked = SegmentTraining(store, settings, registry, AS_OF, promote=True, segment="s1", drift=drift)
    asked.__dict__["planned"] = replace(PLANNED, policy=replace(PLANNED.policy, promotion=policy))
    return asked


def concluded(settings: Settings, policy: Promotion, decision: Decision = PROVED) -> list[str]:
    notebook = Notebook()
    done = training(settings, notebook, policy).conclude(registration(decision), None)
    assert done["promoted"] is (notebook.asked == ["promote"])
    return notebook.asked


def registration(decision: Decision = PROVED) -> Registration:
    return Registration("s1", "New users", Path(), AS_OF, "head", decision, parameters={"cost.trials": 90})


def decided(settings: Settings) -> dict[str, Any]:
    [row] = Store(settings.lake).frame("gate_decisions").to_dict("records")
    detail: dict[str, Any] = json.loads(row["detail"])
    return detail


@pytest.mark.parametrize(("policy", "asked"), [("auto", ["promote"]), ("manual", ["propose"]), ("never", [])])
def test_a_proved_model_does_what_its_segments_policy_allows(
    environment: Environment, tmp_path: Path, policy: Promotion, asked: list[str]
) -> None:
    # the installation's own policy is the default only
    settings = environment.load(TESSERA_HOME=str(tmp_path), TESSERA_PROMOTION="manual")
    assert concluded(settings, policy) == asked


@pytest.mark.parametrize("policy", ["auto", "manual", "never"])
def test_what_is_not_proved_never_moves(environment: Environment, tmp_path: Path, policy: Promotion) -> None:
    settings = environment.load(TESSERA_HOME=str(tmp_path))
    assert concluded(settings, policy, replace(PROVED, verdict="falls_back")) == []


def test_what_a_person_chose_is_not_replaced_but_the_proved_model_is_proposed(
    environment: Environment, tmp_path: Path
) -> None:
    settings, notebook = environment.load(TESSERA_HOME=str(tmp_path)), Notebook(held=True)
    done = training(settings, notebook, "auto").conclude(registration(), "3")
    assert (done["promoted"], notebook.asked) == (False, ["promote", "propose"])
    said = {"outcome": "held", "reason": "a person chose version 3, which is held for 7 days"}
    assert decided(settings)["promotion"] == said


def test_a_drift_that_waits_for_approval_is_proposed_and_says_who_asked(
    environment: Environment, tmp_path: Path
) -> None:
    settings, notebook = environment.load(TESSERA_HOME=str(tmp_path)), Notebook()
    asked = DriftRequest("scheduled/1", {"s1": "behaviour"}, ("s1",))
    training(settings, notebook, "auto", DriftRequest.of(asked.plain())).conclude(registration(), None)
    assert notebook.asked == ["propose"]
    assert notebook.tags == {"drift.run": "scheduled/1", "drift.cause": "behaviour"}
    assert decided(settings)["drift"] == {"run": "scheduled/1", "cause": "behaviour", "approve": True}
    assert decided(settings)["cost"]["trials"] == 90
