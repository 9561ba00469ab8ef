import json
from dataclasses import replace

import pytest

from recommender.generators.registry import GeneratorSettings
from recommender.settings import RankerSettings, SpineSettings

POPULAR = GeneratorSettings("Popularity", "popularity")


def test_settings_survive_json() -> None:
    generators = (POPULAR, GeneratorSettings("ItemItem", "bm25", {"measure": "bm25", "neighbours": 20}))
    settings = SpineSettings(generators, (("bm25", 2.0),), ranker=RankerSettings(seeds=(4, 5)))
    assert SpineSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize("name", ["label_days", "candidates", "taste_half_life", "threads"])
def test_settings_that_cannot_work_are_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' must be above 0; found 0"):
        SpineSettings(**{name: 0})  # type: ignore[arg-type]


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown spine settings \['depth'\]"):
        SpineSettings.from_json({"depth": 3})


def test_a_ranker_needs_a_seed() -> None:
    with pytest.raises(ValueError, match="at least one seed"):
        RankerSettings(seeds=())


def test_generators_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        SpineSettings((POPULAR, POPULAR))


def test_a_spine_without_popularity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'Popularity'.*found \['ALS'\]"):
        SpineSettings((GeneratorSettings("ALS", "als"),))


def test_a_generator_that_cannot_be_built_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="unknown kind of generator 'Oracle'"):
        SpineSettings((POPULAR, GeneratorSettings("Oracle", "oracle")))


def test_blend_weights_of_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match=r"blend weights name \['oracle'\]"):
        SpineSettings(blend=(("oracle", 1.0),))


def test_generators_without_a_blend_weight_get_their_kinds_usual_one() -> None:
    weights = SpineSettings(blend=(("als", 3.0),)).weights
    assert weights == {"popularity": 0.5, "item_item": 1.0, "als": 3.0, "content": 0.2}


def test_one_generators_parameters_are_changed_and_the_others_stay() -> None:
    before = SpineSettings()
    after = before.with_parameters("als", factors=8)
    assert after.generators[2].parameters["factors"] == 8
    assert after.generators[2].parameters["alpha"] == before.generators[2].parameters["alpha"]
    assert replace(after, generators=before.generators) == before
    with pytest.raises(ValueError, match="no generator is called 'svd'"):
        before.with_parameters("svd", factors=8)
