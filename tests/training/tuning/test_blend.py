from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.blend import BlendBlock
from recommender.generators import ALS, Generator, Popularity
from recommender.generators.ease import EASE
from training.studies import StudySettings
from training.tuning import TuningWindow, search_blend
from training.tuning.blend import blend_blocks, proposed, weight_space

QUICK = StudySettings("tpe", trials=25, seconds=1e6, evidence=0.0)


@pytest.fixture(scope="module")
def fitted(windows: list[TuningWindow]) -> list[Generator]:
    return [kind.fit(windows[0].training) for kind in (Popularity(), EASE(), ALS(factors=8, iterations=3))]


@pytest.fixture(scope="module")
def blocks(windows: list[TuningWindow], fitted: list[Generator]) -> list[BlendBlock]:
    return blend_blocks(windows[0], fitted, 15)


@given(st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_a_block_orders_as_the_spines_own_blend(
    windows: list[TuningWindow], fitted: list[Generator], blocks: list[BlendBlock], weights: list[float]
) -> None:
    named = dict(zip(("popularity", "ease", "als"), weights, strict=True))
    candidates = proposed(fitted, windows[0].history, 15)
    expected, _ = candidates.top(candidates.blended(named), 10)
    np.testing.assert_array_equal(np.concatenate([block.lists(named, 10) for block in blocks]), expected)


def test_the_best_weights_are_no_worse_than_the_first(blocks: list[BlendBlock]) -> None:
    first = {"popularity": 0.3, "ease": 0.0, "als": 0.0}
    space = weight_space(["ease", "als"], ["popularity"])
    found = search_blend(blocks, first, space, QUICK, 10)
    assert found.ndcg > found.study.trials[0].value
    assert found.weights["ease"] + found.weights["als"] > 0
    assert found.weights == search_blend(blocks, first, space, QUICK, 10).weights


def test_weights_outside_of_the_space_stay(blocks: list[BlendBlock]) -> None:
    first = {"popularity": 0.1, "ease": 0.5, "als": 0.5}
    found = search_blend(blocks, first, weight_space(["ease"], []), replace(QUICK, trials=5), 10)
    assert (found.weights["popularity"], found.weights["als"]) == (0.1, 0.5)
