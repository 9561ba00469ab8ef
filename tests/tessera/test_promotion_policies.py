"""What a segment's promotion policy lets a proved model do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest

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

    def register(self, registration: Registration) -> str:
        return "4"

    def propose(self, name: str, version: str) -> None:
        self.asked.append("propose")

    def promote(self, name: str, version: str, expected: str | None, reason: str) -> Outcome:
        self.asked.append("promote")
        return Outcome("moved", version, "it serves instead of the parent")


def concluded(settings: Settings, policy: Promotion, decision: Decision = PROVED) -> list[str]:
    notebook = Notebook()
    training = SegmentTraining(
        Store(settings.lake), settings, cast(Registry, notebook), AS_OF, promote=True, segment="s1"
    )
    training.__dict__["planned"] = replace(PLANNED, policy=replace(PLANNED.policy, promotion=policy))
    done = training.conclude(Registration("s1", "New users", Path(), AS_OF, "head", decision), None)
    assert done["promoted"] is (notebook.asked == ["promote"])
    return notebook.asked


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
