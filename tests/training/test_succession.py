from __future__ import annotations

import pandas as pd
import pytest

from tests.training.test_gate import evaluation
from training.gate_settings import GateSettings
from training.succession import decide_parent


def by_segment(**gains: float) -> pd.DataFrame:
    """400 users a segment, each with its own true gain over the champion."""
    frames = []
    for number, (segment, gain) in enumerate(gains.items()):
        frame = evaluation(gain, seed=number)
        frames.append(frame.assign(user_id=segment + frame["user_id"], segment_id=segment))
    return pd.concat(frames, ignore_index=True)


def test_the_first_parent_serves_at_once() -> None:
    assert decide_parent(None, GateSettings()).serves


def test_a_parent_serves_unless_it_is_proved_worse() -> None:
    asked = GateSettings()
    assert decide_parent(evaluation(0.0, windows=1), asked).serves
    assert decide_parent(evaluation(-0.02, windows=1), asked).verdict == "falls_back"
    assert decide_parent(evaluation(-0.02, users=20, windows=1), asked).verdict == "not_enough_evidence"


def test_a_gain_on_average_does_not_pay_for_a_segments_loss() -> None:
    decision = decide_parent(by_segment(women=0.02, men=0.02, children=-0.02), GateSettings())
    assert decision.difference > 0
    assert decision.verdict == "falls_back"
    assert "proved worse than the champion for segment children" in decision.reason
    assert decision.by_segment[0].segment_id == "children"


def test_segments_that_are_only_unlucky_do_not_stop_a_parent() -> None:
    decision = decide_parent(by_segment(**{f"s{n:02d}": 0.0 for n in range(12)}), GateSettings())
    assert decision.serves, decision.reason
    assert "none of 12 segments is proved worse" in decision.reason
    assert len(decision.by_segment) == 12


def test_a_segment_with_too_few_users_has_no_say() -> None:
    frame = by_segment(women=0.0, men=0.0)
    few = evaluation(-0.05, users=20).assign(segment_id="few")
    few["user_id"] = "few" + few["user_id"]
    decision = decide_parent(pd.concat([frame, few]), GateSettings())
    assert decision.serves
    assert {segment.segment_id for segment in decision.by_segment} == {"women", "men"}


def test_users_without_a_segment_count_in_the_whole_only() -> None:
    frame = by_segment(women=0.0, men=0.0)
    frame.loc[frame["segment_id"] == "men", "segment_id"] = None
    decision = decide_parent(frame, GateSettings())
    assert decision.users == 800
    assert [segment.segment_id for segment in decision.by_segment] == ["women"]


@pytest.mark.parametrize("column", [True, False])
def test_the_segments_are_no_facts_of_the_decision(column: bool) -> None:
    frame = by_segment(women=0.0)
    facts = decide_parent(frame if column else frame.drop(columns="segment_id"), GateSettings()).facts()
    assert not {"by_segment", "by_window"} & set(facts)
