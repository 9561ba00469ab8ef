"""The DAG that a person starts to let another version serve, run for real."""

from __future__ import annotations

import pytest

from tests.dags.airflow_parts import Run, Runner, registry

pytestmark = pytest.mark.xdist_group("dags")


def test_a_move_that_is_refused_says_why_and_is_not_tried_again(runner: Runner, first_training: Run) -> None:
    parent = registry().champion("tessera-global")
    assert parent is not None
    ended = runner.run("move_champion", segment="global", action="promote", version=parent.version, expected="77")
    assert (ended.state, ended.results["move"]["outcome"]) == ("success", "already"), "it serves: nothing to move"
    refused = runner.run("move_champion", segment="global", action="rollback", expected="77")
    assert refused.state == "failed"
    assert any(f"expected the champion 77, found {parent.version}" in line for line in refused.errors)
    assert registry().champion("tessera-global") == parent
