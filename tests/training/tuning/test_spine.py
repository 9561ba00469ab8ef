from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.generators.registry import GeneratorSettings
from recommender.settings import SpineSettings
from training.tuning import SpineSearch, SpineSearchSettings, TuningWindow, search_spine, usual_generators

GENERATORS = (
    GeneratorSettings("Popularity", "popularity"),
    GeneratorSettings("EASE", "ease", {"regularisation": 500.0}),
    GeneratorSettings("ALS", "als", {"factors": 64, "iterations": 2}),
)
QUICK = SpineSearchSettings(seconds=1e5, trials=4, blend_trials=12, k=10, candidates=15, timed=False)


@pytest.fixture(scope="module")
def found(windows: list[TuningWindow]) -> SpineSearch:
    return search_spine(GENERATORS, windows, QUICK)


def test_nothing_is_worse_than_what_the_search_began_with(found: SpineSearch) -> None:
    assert all(tuned.ndcg >= tuned.first_ndcg for tuned in found.generators)
    assert found.best_single.settings.name in {"ease", "als"}
    assert found.blend.ndcg >= found.best_single.ndcg * 0.99


def test_the_result_is_a_spines_settings(found: SpineSearch) -> None:
    settings = found.settings(SpineSettings())
    assert settings.names == ("popularity", "ease", "als")
    assert settings.weights == found.blend.weights
    assert SpineSettings.from_json(settings.to_json()) == settings


def test_a_second_generator_is_tuned_again_for_what_it_adds(found: SpineSearch) -> None:
    assert set(found.complements) == {"als"}
    alone, beside = found.generators[2], found.complements["als"]
    assert beside.study.trials[0].parameters == alone.study.best.parameters
    assert beside.ndcg >= beside.first_ndcg
    assert found.settings(SpineSettings()).generators[2] == beside.settings


def test_every_trial_is_told(found: SpineSearch) -> None:
    trials = found.trials()
    assert trials.groupby("of").size().to_dict() == {
        **{"popularity": 1, "ease": 4, "als": 4},
        **{"als, complement": 4, "blend": 12},
    }
    assert {"ndcg", "pruned", "accepted", "parameters"} <= set(trials.columns)


def test_equal_seeds_find_equal_spines(found: SpineSearch, windows: list[TuningWindow]) -> None:
    again = search_spine(GENERATORS, windows, QUICK)
    assert again.settings(SpineSettings()) == found.settings(SpineSettings())


def test_without_time_every_generator_is_fitted_once_and_the_blend_is_no_worse_than_its_parts(
    windows: list[TuningWindow],
) -> None:
    starved = search_spine(GENERATORS, windows, replace(QUICK, seconds=1e-6))
    assert starved.trials().groupby("of").size().to_dict() == {"popularity": 1, "ease": 1, "als": 1, "blend": 1}
    assert starved.complements == {}
    assert starved.blend.ndcg >= starved.best_single.ndcg * 0.99


def test_half_lives_are_searched_where_events_have_times(windows: list[TuningWindow]) -> None:
    timed = search_spine(GENERATORS[:2], windows, replace(QUICK, timed=True, trials=2))
    assert "half_life_days" in timed.generators[0].study.trials[0].parameters


def test_a_catalogue_too_large_for_ease_gets_neighbours() -> None:
    assert [entry.kind for entry in usual_generators(10_000)] == ["Popularity", "EASE", "ALS"]
    assert [entry.kind for entry in usual_generators(90_000)] == ["Popularity", "ItemItem", "ALS"]


def test_a_search_without_windows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one tuning window"):
        search_spine(GENERATORS, [], QUICK)
