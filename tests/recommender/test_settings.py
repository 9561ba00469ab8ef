import json

import pytest

from recommender.settings import RankerSettings, SpineSettings


def test_settings_survive_json() -> None:
    settings = SpineSettings(factors=32, ranker=RankerSettings(seeds=(4, 5)), blend=(("als", 1.0),))
    assert SpineSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize("name", ["label_days", "candidates", "popularity_half_life", "alpha", "threads"])
def test_settings_that_cannot_work_are_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' must be above 0; found 0"):
        SpineSettings(**{name: 0})  # type: ignore[arg-type]


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown spine settings \['depth'\]"):
        SpineSettings.from_json({"depth": 3})


def test_a_ranker_needs_a_seed() -> None:
    with pytest.raises(ValueError, match="at least one seed"):
        RankerSettings(seeds=())
