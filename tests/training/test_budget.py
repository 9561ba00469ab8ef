from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.budget import BudgetSettings, budget_table, share_trials

weight = st.floats(0, 1e6, allow_nan=False)
weights = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), weight, min_size=1, max_size=25)
bounds = st.tuples(st.integers(1, 3000), st.integers(1, 60), st.integers(0, 200)).map(
    lambda three: BudgetSettings(total=three[0], floor=three[1], ceiling=three[1] + three[2])
)
each = settings(max_examples=150, deadline=None)


@given(weights, bounds)
@each
def test_the_sum_is_the_total_or_every_segment_is_at_its_ceiling(
    given_: dict[str, float], chosen: BudgetSettings
) -> None:
    trials = share_trials(given_, chosen)
    assert sum(trials.values()) == min(chosen.total or 0, chosen.ceiling * len(given_))


@given(weights, bounds)
@each
def test_everybody_is_between_floor_and_ceiling_as_far_as_the_total_reaches(
    given_: dict[str, float], chosen: BudgetSettings
) -> None:
    trials = share_trials(given_, chosen)
    floor = min(chosen.floor, (chosen.total or 0) // len(given_))
    assert all(floor <= count <= chosen.ceiling for count in trials.values())


@given(weights, bounds)
@each
def test_more_weight_never_means_fewer_trials(given_: dict[str, float], chosen: BudgetSettings) -> None:
    trials = share_trials(given_, chosen)
    ordered = sorted(given_, key=lambda name: given_[name])
    for lighter, heavier in pairwise(ordered):
        # equal weights may differ by the one trial of the rounding
        assert trials[lighter] <= trials[heavier] + (given_[lighter] == given_[heavier])


@given(weights, bounds, st.sampled_from([0.25, 2.0, 1024.0]))
@each
def test_only_proportions_count_and_the_order_does_not(
    given_: dict[str, float], chosen: BudgetSettings, scale: float
) -> None:
    trials = share_trials(given_, chosen)
    scaled = {name: given_[name] * scale for name in reversed(list(given_))}
    assert share_trials(scaled, chosen) == trials


def test_between_the_bounds_trials_follow_the_weights() -> None:
    chosen = BudgetSettings(total=100, floor=10, ceiling=60)
    assert share_trials({"a": 1, "b": 2, "c": 7}, chosen) == {"a": 13, "b": 27, "c": 60}
    assert share_trials({"a": 4, "b": 4, "c": 2}, chosen) == {"a": 40, "b": 40, "c": 20}
    assert share_trials({"a": 0, "b": 1}, chosen) == {"a": 40, "b": 60}


def test_a_total_below_the_floors_is_shared_evenly() -> None:
    assert share_trials({"a": 9, "b": 1, "c": 1}, BudgetSettings(total=2, floor=30, ceiling=90)) == {
        "a": 1,
        "b": 1,
        "c": 0,
    }


def test_without_a_total_segments_have_the_usual_trials_on_average() -> None:
    assert share_trials({"a": 1, "b": 3}, BudgetSettings(floor=1, ceiling=99), usual=20) == {"a": 10, "b": 30}
    assert budget_table({"a": 1, "b": 1}, {}, BudgetSettings(), usual=4)["total"].tolist() == [8, 8]


def test_the_table_says_what_decided() -> None:
    table = budget_table({"s10": 100, "s2": 300}, {"s10": 3.0}, BudgetSettings(total=80, floor=5, ceiling=90))
    assert table["segment_id"].tolist() == ["s2", "s10"]
    assert table["trials"].tolist() == [40, 40]
    assert table["value"].tolist() == [1.0, 3.0]
    assert table[["floor", "ceiling", "total"]].drop_duplicates().to_numpy().tolist() == [[5, 90, 80]]
    assert len(budget_table({}, {}, BudgetSettings())) == 0


@pytest.mark.parametrize("wrong", [{"total": 0}, {"floor": 0}, {"floor": 9, "ceiling": 8}])
def test_bounds_that_cannot_hold_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="floor <= ceiling"):
        BudgetSettings(**wrong)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_amount_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="weights must be numbers"):
        share_trials({"a": wrong}, BudgetSettings())
