"""The training DAG, run for real: one segment fails, some are named, the past is re-created."""

from __future__ import annotations

from typing import Any

import pytest

from tessera import steps
from tests.dags.airflow_parts import FAILING, Run, Runner, registry
from training.versions import model_name

pytestmark = pytest.mark.xdist_group("dags")


def mapped(run: Run) -> dict[str, str]:
    """State by the label that people see."""
    return {name[14:-1]: state for name, state in run.states.items() if name.startswith("train_segment[")}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What training was asked for, by tasks that only write it down."""
    calls: list[dict[str, Any]] = []

    def train_global(as_of: str, reason: str, promote: bool, drift: Any) -> dict[str, Any]:
        calls.append({"segment": "global", "as_of": as_of, "reason": reason, "promote": promote})
        return {}

    def train_segment(
        segment: str, as_of: str, strategy: str, reason: str, promote: bool, drift: Any
    ) -> dict[str, Any]:
        told = {"strategy": strategy, "reason": reason, "promote": promote, "drift": drift}
        calls.append({"segment": segment, "as_of": as_of} | told)
        return {"segment_id": segment, "version": "1", "verdict": "falls_back", "reason": ""}

    monkeypatch.setattr(steps, "train_global", train_global)
    monkeypatch.setattr(steps, "train_segment", train_segment)
    return calls


def test_one_failing_segment_leaves_the_others_finished(first_training: Run) -> None:
    states = {label.split(" · ")[0]: state for label, state in mapped(first_training).items()}
    assert states.pop(FAILING) == "failed"
    assert len(states) >= 2
    assert set(states.values()) == {"success"}
    assert all(registry().versions(model_name(segment)) for segment in states)
    assert registry().versions(model_name(FAILING)) == []


def test_the_failing_segment_is_named_and_fails_the_run(first_training: Run) -> None:
    assert (first_training.state, first_training.states["summarise"]) == ("failed", "failed")
    message = f"training failed for {FAILING} · Low-activity users (see their tasks)"
    assert any(message in line for line in first_training.errors)


def test_mapped_tasks_are_called_by_id_and_name(first_training: Run) -> None:
    planned = {row["label"] for row in first_training.results["plan"]}
    assert set(mapped(first_training)) == planned
    assert f"{FAILING} · Low-activity users" in planned


def test_a_version_says_its_share_of_the_trials_and_its_settings(first_training: Run) -> None:
    planned = {row["segment_id"]: row["trials"] for row in first_training.results["plan"]}
    segment = next(name for name in planned if name != FAILING)
    version = registry().versions(model_name(segment))[-1]
    assert f"Tuned with {planned[segment]} of {sum(planned.values())} trials" in version.description
    assert "strategy `head`" in version.description
    assert f"/plugin/segments/tessera/segments/{segment}" in version.description


def test_named_segments_alone_are_trained_on_the_live_parent(runner: Runner, first_training: Run) -> None:
    parent = registry().champion("tessera-global")
    assert parent is not None
    ended = runner.run("train_segments", segments=[FAILING], reason="drift as of today")
    assert (ended.state, ended.states["train_global"], list(mapped(ended).values())) == (
        "success",
        "skipped",
        ["success"],
    )
    version = registry().versions(model_name(FAILING))[-1]
    assert version.parent_version == parent.version
    assert registry().versions("tessera-global")[-1].version == parent.version


def test_a_segment_that_does_not_live_is_refused_before_anything_is_trained(
    runner: Runner, assignment: Run, asked: list[dict[str, Any]]
) -> None:
    ended = runner.run("train_segments", segments=["s999"])
    assert (ended.state, ended.states["plan"], asked) == ("failed", "failed", [])
    assert any("no segment s999" in line for line in ended.errors)


def test_parameters_reach_every_training(runner: Runner, assignment: Run, asked: list[dict[str, Any]]) -> None:
    drift = {"run": "scheduled/1", "causes": {"s1": "behaviour"}, "approve": ["s1"]}
    runner.run("train_segments", segments=["s1"], strategy="hard", reason="asked by hand", drift=drift)
    told = {"strategy": "hard", "reason": "asked by hand", "promote": True, "drift": drift}
    assert asked == [{"segment": "s1", "as_of": runner.end} | told]


def test_a_backfill_promotes_nothing(runner: Runner, assignment: Run, asked: list[dict[str, Any]]) -> None:
    ended = runner.run("train_segments", backfill=True)
    assert ended.state == "success"
    assert len(asked) >= 4
    assert {call["promote"] for call in asked} == {False}
