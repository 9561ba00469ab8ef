from __future__ import annotations

from dataclasses import replace

import pytest

from training.decision import Decision
from training.diversity import above_floor

PROVED = Decision("serves", "Better.", 900, 3, 0.1, 0.12, 0.02, 0.01, 0.03, 0.001, 0.0, 0.05, 1)


@pytest.mark.parametrize(("diversity", "floor"), [(0.4, 0.0), (None, 0.0), (0.4, 0.4), (0.9, 0.4)])
def test_a_model_at_or_above_the_floor_is_left_alone(diversity: float | None, floor: float) -> None:
    assert above_floor(PROVED, diversity, floor) is PROVED


def test_a_model_below_the_floor_falls_back_and_says_why() -> None:
    held = above_floor(PROVED, 0.31, 0.4)
    assert (held.serves, held.verdict) == (False, "falls_back")
    assert held.reason == "Held back: the diversity of its lists is 0.310, this segment's floor is 0.400. Better."
    assert replace(held, verdict="serves", reason="Better.") == PROVED


def test_lists_without_categories_do_not_pass_a_floor() -> None:
    assert "could not be measured" in above_floor(PROVED, None, 0.4).reason


@pytest.mark.parametrize("verdict", ["falls_back", "not_enough_evidence"])
def test_what_does_not_serve_anyway_keeps_its_reason(verdict: str) -> None:
    decision = replace(PROVED, verdict=verdict)  # type: ignore[arg-type]
    assert above_floor(decision, 0.1, 0.9) is decision
