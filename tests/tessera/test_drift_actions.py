"""From verdicts in the lake to what is done about them; the registry alone is a stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from tessera.approvals import approval_requests
from tessera.drift_actions import DriftActions, training_run_id
from tessera.settings import Settings
from tests.tessera.conftest import Environment
from training.registry import Registry
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

DAY = date(2026, 3, 8)
NAMES = {"s1": "Night owls", "s2": "Newcomers", "s3": "Loyal"}


@dataclass
class Holding:
    """A registry in which people chose the champions of ``chosen``."""

    chosen: dict[str, str] = field(default_factory=dict)

    def held(self, name: str, as_of: date, hold_days: int) -> str:
        return self.chosen.get(name, "") if hold_days else ""

    def champion(self, name: str) -> None:
        return None


@dataclass
class Desk:
    """One lake with three segments, and what monitoring found in it."""

    settings: Settings
    registry: Holding = field(default_factory=Holding)

    @property
    def store(self) -> Store:
        return Store(self.settings.lake)

    def write(self, table: str, day: date, *rows: dict[str, Any]) -> None:
        names = TABLES[table].schema.names
        full = [dict.fromkeys(names) | {"as_of": day} | row for row in rows]
        self.store.replace(table, pd.DataFrame(full, columns=names), Window.day(day))

    def found(self, day: date = DAY, **causes: str) -> None:
        rows = [{"segment_id": s, "verdict": "drift", "cause": cause} for s, cause in causes.items()]
        data = [row | {"verdict": "data_trouble"} if row["cause"] == "data" else row for row in rows]
        self.write("drift_verdicts", day, {"segment_id": "s9", "verdict": "no_drift", "cause": "none"}, *data)
        far = [{"segment_id": s, "distance": 0.2 + 0.1 * n, "threshold": 0.1} for n, s in enumerate(causes)]
        self.write("drift_measurements", day, *far)

    def trained(
        self, segment: str, run: str, day: date = DAY, verdict: str = "falls_back", promoted: bool = False, **drift: Any
    ) -> None:
        detail = {
            "drift": {"run": run} | drift,
            "cost": {"seconds": 12.5, "trials": 40, "users": 50},
            "reason": "drift",
        }
        row = {"segment_id": segment, "verdict": verdict, "model_version": "4", "promoted": promoted}
        rows = TABLES["gate_decisions"].schema.names
        full = dict.fromkeys(rows) | {"as_of": day} | row | {"detail": json.dumps(detail)}
        self.store.replace("gate_decisions", pd.DataFrame([full]), Window.day(day), segment_id=segment)

    def plan(self, run: str = "scheduled/1", day: date = DAY, write: bool = True) -> dict[str, Any]:
        return DriftActions(self.store, self.settings, cast(Registry, self.registry), day, run).plan(write)

    def rows(self, day: date = DAY) -> dict[str, dict[str, Any]]:
        found = self.store.frame("drift_actions", window=Window.day(day)).to_dict("records")
        return {str(row["segment_id"]): {str(k): v for k, v in row.items()} for row in found}


@pytest.fixture
def desk(environment: Environment, tmp_path: Path) -> Callable[..., Desk]:
    def made(policies: str = "", **variables: str) -> Desk:
        Path("segments.yaml").write_text(policies)
        home = {"TESSERA_HOME": str(tmp_path / "home"), "TESSERA_SEGMENTS_FILE": "segments.yaml"}
        made = Desk(environment.load(**home, **variables))
        made.write("segments", DAY - timedelta(days=9), *({"segment_id": s, "name": n} for s, n in NAMES.items()))
        planned = [{"segment_id": s, "users": 100, "trials": 60} for s in NAMES]
        made.write("tuning_budget", DAY - timedelta(days=7), *planned)
        return made

    return made


def test_only_what_drifted_is_retrained_in_one_run_that_names_segments_causes_and_the_monitoring_run(
    desk: Callable[..., Desk],
) -> None:
    found = desk()
    found.found(s1="behaviour", s3="quality", s2="data")
    plan = found.plan()
    assert plan["actions"] == {"s1": "retrain", "s2": "alert", "s3": "retrain"}
    asked = plan["retrain"]
    assert (asked["segments"], asked["as_of"]) == (["s1", "s3"], "2026-03-08")
    assert asked["drift"] == {
        "run": "scheduled/1",
        "causes": {"s1": "behaviour", "s3": "quality"},
        "approve": [],
    }
    assert asked["reason"] == "drift as of 2026-03-08: s1 behaviour | s3 quality"
    assert training_run_id(asked) == training_run_id(json.loads(json.dumps(asked)))


def test_a_quiet_day_writes_nothing_and_asks_for_nothing(desk: Callable[..., Desk]) -> None:
    found = desk()
    found.found()
    assert found.plan() == {"retrain": {}, "actions": {}}
    assert not found.store.exists("drift_actions")


def test_a_catalogue_that_moved_retrains_everything_and_the_mix_only_clusters_again(desk: Callable[..., Desk]) -> None:
    found = desk("segments: {s3: {on_drift: approve}}")
    found.found(s1="catalogue", s2="catalogue", all="mix")
    plan = found.plan()
    assert plan["actions"] == {"s1": "retrain_parent", "s2": "retrain_parent", "all": "recluster"}
    assert (plan["retrain"]["segments"], plan["retrain"]["drift"]["approve"]) == ([], ["s3"])


def test_costs_are_predicted_from_the_last_training_else_by_size(desk: Callable[..., Desk]) -> None:
    found = desk()
    found.trained("s1", "", day=DAY - timedelta(days=7))
    found.found(s1="behaviour", s2="behaviour")
    found.plan()
    rows = found.rows()
    # s2 was never trained: 100 users at a quarter of a second each, as s1 took
    assert (rows["s1"]["predicted_seconds"], rows["s2"]["predicted_seconds"]) == (12.5, 25.0)
    assert {row["predicted_trials"] for row in rows.values()} == {60}


def test_beyond_the_budget_the_rest_waits(desk: Callable[..., Desk]) -> None:
    found = desk(TESSERA_ACTIONS__TRIALS="100")
    found.found(s1="behaviour", s2="behaviour")
    plan = found.plan()
    assert plan["actions"] == {"s1": "over_budget", "s2": "retrain"}
    assert plan["retrain"]["segments"] == ["s2"]


def test_policies_and_holds_decide_what_a_retraining_may_do(desk: Callable[..., Desk]) -> None:
    found = desk("segments: {s1: {on_drift: alert-only}, night*: {value: 2}, s2: {on_drift: approve}}")
    found.registry.chosen["tessera-s3"] = "a person chose version 2, which is held until 2026-03-14"
    found.found(s1="behaviour", s2="behaviour", s3="behaviour")
    plan = found.plan()
    assert plan["actions"] == {"s1": "alert", "s2": "approve", "s3": "hold"}
    assert (plan["retrain"]["segments"], plan["retrain"]["drift"]["approve"]) == (["s2", "s3"], ["s2"])
    assert "version 2, which is held until 2026-03-14" in found.rows()["s3"]["reason"]


def test_run_twice_or_after_a_crash_nothing_is_done_twice_and_the_rows_stay(desk: Callable[..., Desk]) -> None:
    found = desk()
    found.found(s1="behaviour", s2="behaviour")
    first = found.plan()
    assert found.plan()["retrain"] == first["retrain"]  # the task was killed before it asked: the same request again
    found.trained("s1", "scheduled/1")
    # s2's training broke: it alone is asked for by the second run of the day
    second = found.plan("manual/2")
    assert (second["retrain"]["segments"], second["retrain"]["drift"]["run"]) == (["s2"], "manual/2")
    found.trained("s2", "manual/2")
    before = found.store.content_hash("drift_actions")
    assert found.plan("manual/3")["retrain"] == {}
    assert found.store.content_hash("drift_actions") == before
    assert {s: row["run_id"] for s, row in found.rows().items()} == {"s1": "scheduled/1", "s2": "manual/2"}


@pytest.mark.parametrize(
    ("verdict", "promoted", "words"),
    [
        ("falls_back", False, "retrained as of 2026-03-08 and no better: falls back"),
        ("serves", True, "version 4, trained for it as of 2026-03-08, serves"),
        ("serves", False, "version 4, trained for it as of 2026-03-08, waits for a person"),
    ],
)
def test_a_cause_that_was_answered_cools_down_and_another_cause_does_not(
    desk: Callable[..., Desk], verdict: str, promoted: bool, words: str
) -> None:
    found, later = desk(TESSERA_ACTIONS__COOLDOWN_DAYS="5"), DAY + timedelta(days=4)
    found.found(s1="behaviour")
    found.plan()
    found.trained("s1", "scheduled/1", verdict=verdict, promoted=promoted)
    found.found(later, s1="behaviour")
    assert found.plan("scheduled/2", later) == {"retrain": {}, "actions": {"s1": "cooldown"}}
    row = found.rows(later)["s1"]
    assert row["reason"].startswith(words)
    assert row["cooldown_until"] == DAY + timedelta(days=5)
    found.found(later, s1="quality")
    assert found.plan("scheduled/3", later)["actions"] == {"s1": "retrain"}
    after = DAY + timedelta(days=5)
    found.found(after, s1="behaviour")
    assert found.plan("scheduled/4", after)["actions"] == {"s1": "retrain"}


def test_a_training_that_broke_starts_no_cooldown(desk: Callable[..., Desk]) -> None:
    found, later = desk(), DAY + timedelta(days=1)
    found.found(s1="behaviour")
    found.plan()
    found.found(later, s1="behaviour")
    assert found.plan("scheduled/2", later)["actions"] == {"s1": "retrain"}


def test_planning_without_writing_leaves_no_row(desk: Callable[..., Desk]) -> None:
    found = desk()
    found.found(s1="behaviour")
    assert found.plan(write=False)["actions"] == {"s1": "retrain"}
    assert not found.store.exists("drift_actions")


def test_a_person_is_asked_about_every_proved_model_that_waits_by_one_run_each(desk: Callable[..., Desk]) -> None:
    found = desk()
    found.trained("s1", "scheduled/1", verdict="serves", approve=True)
    found.trained("s2", "scheduled/1", verdict="falls_back", approve=True)
    found.trained("s3", "scheduled/1", verdict="serves", approve=False)
    [asked] = approval_requests(found.store, cast(Registry, found.registry), DAY)
    assert asked["trigger_run_id"] == "approve__2026-03-08__s1__v4"
    assert asked["conf"] == {
        "segment": "s1",
        "version": "4",
        "expected": None,
        "as_of": "2026-03-08",
        "reason": "drift",
    }
