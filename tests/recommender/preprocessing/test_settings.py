import pytest

from recommender.preprocessing import PreprocessingSettings


def test_json_keeps_the_settings() -> None:
    settings = PreprocessingSettings(missing="impute", rating_strength=3.0)
    assert PreprocessingSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"missing": "drop"}, "native, impute"),
        ({"outliers": "winsor"}, "keep, iqr, zscore"),
        ({"reach": 0}, "reach > 0"),
        ({"buckets": 1}, "buckets >= 2"),
        ({"rating_strength": -1}, "rating_strength"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_known(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PreprocessingSettings(**wrong)
