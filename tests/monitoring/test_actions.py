from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.actions import TRAINS, ActionSettings, Cost, Finding, PlannedAction, action_table, plan_actions

UNTIL = date(2026, 3, 22)
TEN = Cost(10.0, 90)


def planned(*findings: Finding, settings: ActionSettings | None = None) -> dict[str, PlannedAction]:
    found = plan_actions(findings, settings or ActionSettings(), UNTIL)
    return {action.segment_id: action for action in found}


def drift(segment: str, cause: str = "behaviour", severity: float = 2.0, cost: Cost = TEN) -> Finding:
    return Finding(segment, cause, severity, cost=cost)


@pytest.mark.parametrize(
    ("cause", "action"),
    [
        ("behaviour", "retrain"),
        ("quality", "retrain"),
        ("catalogue", "retrain_parent"),
        ("mix", "recluster"),
        ("data", "alert"),
    ],
)
def test_every_cause_has_its_own_answer(cause: str, action: str) -> None:
    assert planned(drift("s1", cause))["s1"].action == action


@pytest.mark.parametrize(("policy", "action"), [("alert-only", "alert"), ("approve", "approve")])
def test_the_segments_policy_decides_what_drift_may_do(policy: str, action: str) -> None:
    finding = replace(drift("s1"), policy=policy)  # type: ignore[arg-type]
    assert planned(finding)["s1"].action == action


def test_a_held_segment_is_retrained_and_the_reason_says_that_it_is_only_proposed() -> None:
    held = planned(replace(drift("s1"), held="a person moved the champion"))["s1"]
    assert held.action == "hold"
    assert "a person moved the champion: the machine only proposes" in held.reason


def test_a_cause_that_was_answered_cools_down_and_costs_nothing() -> None:
    cooling = replace(drift("s1"), answered="retrained as of 2026-03-08 and no better", cooldown_until=UNTIL)
    action = planned(cooling)["s1"]
    assert (action.action, action.cost, action.cooldown_until) == ("cooldown", Cost(), UNTIL)
    assert "no better; the same cause is answered again from 2026-03-22 on" in action.reason


def test_over_the_budget_the_worst_is_retrained_and_the_rest_is_named() -> None:
    asked = (drift("s1", severity=1.5), drift("s2", severity=4.0), drift("s3", severity=2.0, cost=Cost(3.0, 9)))
    found = planned(*asked, settings=ActionSettings(seconds=15.0))
    assert {s: a.action for s, a in found.items()} == {"s1": "over_budget", "s2": "retrain", "s3": "retrain"}
    assert "about 10 s and 90 trials would exceed" in found["s1"].reason


def test_a_loss_of_quality_comes_before_a_movement() -> None:
    found = planned(drift("s1", severity=9.0), drift("s2", "quality", 1.0), settings=ActionSettings(seconds=10.0))
    assert {s: a.action for s, a in found.items()} == {"s1": "over_budget", "s2": "retrain"}


def test_a_new_parent_is_trained_once_and_covers_the_segments_that_drifted_on_their_own() -> None:
    everything = Cost(100.0, 900)
    asked = (drift("s1", "catalogue", cost=everything), drift("s2", "catalogue", cost=everything), drift("s3"))
    found = planned(*asked, settings=ActionSettings(seconds=100.0, trials=900))
    assert [a.action for a in found.values()] == ["retrain_parent", "retrain_parent", "retrain"]


def test_a_parent_beyond_the_budget_leaves_it_to_the_segments() -> None:
    found = planned(drift("s1", "catalogue", cost=Cost(500.0)), drift("s2"), settings=ActionSettings(seconds=60.0))
    assert [a.action for a in found.values()] == ["over_budget", "retrain"]


@given(st.lists(st.tuples(st.floats(1, 9), st.integers(0, 60), st.integers(0, 200)), max_size=8), st.integers(0, 120))
def test_what_is_retrained_stays_within_the_budget_and_comes_in_any_order(
    asked: list[tuple[float, int, int]], seconds: int
) -> None:
    findings = [drift(f"s{n}", "behaviour", s, Cost(float(c), t)) for n, (s, c, t) in enumerate(asked)]
    settings = ActionSettings(seconds=float(seconds), trials=300)
    found = plan_actions(findings, settings, UNTIL)
    assert found == plan_actions(findings[::-1], settings, UNTIL)
    spent = sum((a.cost for a in found if a.action in TRAINS), Cost())
    assert spent.within(settings)
    assert len(found) == len(findings)


def test_rows_hold_prediction_run_and_cooldown() -> None:
    rows = action_table(plan_actions([drift("s1")], ActionSettings(), UNTIL), date(2026, 3, 8), "scheduled/1")
    [row] = rows.to_dict("records")
    assert (row["predicted_seconds"], row["predicted_trials"], row["run_id"]) == (10.0, 90, "scheduled/1")
    assert row["cooldown_until"] == UNTIL


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more; found"):
        ActionSettings(trials=-1)
