import pytest

from interactions.features.settings import FeatureSettings


def test_a_half_life_given_replaces_the_default_and_leaves_the_others() -> None:
    settings = FeatureSettings(half_lives={"view": 2.0})
    assert settings.half_lives["view"] == 2.0
    assert settings.half_lives["purchase"] == FeatureSettings().half_lives["purchase"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"half_lives": {"view": 0.0}}, "half_lives"),
        ({"half_lives": {"view": float("nan")}}, "half_lives"),
        ({"half_lives": {"browse": 3.0}}, "browse"),
        ({"session_gap_minutes": -1}, "session_gap_minutes"),
        ({"category_shares": -1}, "category_shares"),
        ({"devices": {"fridge": ("fridge",)}}, "fridge"),
    ],
)
def test_f33_a_wrong_setting_is_refused_by_name(fields: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        FeatureSettings(**fields)
