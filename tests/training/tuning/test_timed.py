from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.generators.registry import GeneratorSettings, build
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, PlantedWorld, planted_world
from training.tuning import SpineSearchSettings, search_spine, timed_windows
from warehouse.windows import Window

CUTOFF = AS_OF - timedelta(days=14)
WINDOWS = [Window(CUTOFF - timedelta(days=7), CUTOFF), Window(CUTOFF, AS_OF)]


@pytest.fixture(scope="module")
def world() -> PlantedWorld:
    return planted_world(users=300)


def test_windows_know_what_a_spine_of_the_same_day_knows(world: PlantedWorld) -> None:
    window = timed_windows(world, WINDOWS, SETTINGS.spine)[1]
    spine = Spine.fit(world, CUTOFF, SETTINGS.spine)
    np.testing.assert_array_equal(window.training.history.items.ids, spine.items.ids)
    popularity = next(entry for entry in SETTINGS.spine.generators if entry.kind == "Popularity")
    fitted = next(generator for generator in spine.generators if generator.name == popularity.name)
    again = build(popularity).fit(window.training)
    np.testing.assert_array_equal(again.score(window.history), fitted.score(window.history))


def test_the_truth_is_new_and_liked_in_the_window(world: PlantedWorld) -> None:
    window = timed_windows(world, WINDOWS, SETTINGS.spine, users=50)[0]
    assert len(window.truth.users) == 50
    assert not window.truth.matrix.multiply(window.history.seen()).nnz


def test_a_spine_is_searched_over_windows_of_time(world: PlantedWorld) -> None:
    windows = timed_windows(world, WINDOWS, SETTINGS.spine, users=100)
    quick = SpineSearchSettings(seconds=1e5, trials=3, blend_trials=10, k=10, candidates=20)
    generators = (GeneratorSettings("Popularity", "popularity"), GeneratorSettings("EASE", "ease"))
    found = search_spine(generators, windows, quick)
    tuned = found.settings(SETTINGS.spine)
    assert replace(tuned, generators=SETTINGS.spine.generators, blend=()) == replace(SETTINGS.spine, blend=())
    assert "half_life_days" in found.generators[1].settings.parameters
