from __future__ import annotations

import pytest

from recommender.generators.registry import KINDS, build, parameters_of
from training.space import Range
from training.tuning import usual_generators
from training.tuning.ranges import COSTLY, RANGES, TIMED, space_of


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_range_holds_the_default_of_a_parameter(kind: str) -> None:
    known = parameters_of(kind)
    for name, entry in space_of(kind, timed=True).items():
        if isinstance(entry, Range):
            assert entry.low <= float(known[name]) <= entry.high
        else:
            assert known[name] in entry.values


def test_only_kinds_that_exist_have_ranges() -> None:
    assert {*RANGES, *TIMED, *COSTLY} <= set(KINDS)


@pytest.mark.parametrize("items", [3_000, 10_000, 90_000])
def test_the_usual_generators_can_be_built(items: int) -> None:
    assert [build(entry).name for entry in usual_generators(items)][-1] == "als"


def test_half_lives_are_left_alone_where_events_have_no_times() -> None:
    assert all("half_life_days" not in space_of(kind, timed=False) for kind in KINDS)
