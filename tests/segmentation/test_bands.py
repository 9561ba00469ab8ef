import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import Band, SegmentationSettings
from segmentation.bands import band_of, bands_of, route


def test_history_decides_between_new_low_activity_and_regular() -> None:
    bands = SegmentationSettings().bands
    names = [bands[band_of(bands, {"events_total": n})].name for n in (0, 2, 3, 9, 10, 500)]
    assert names == ["new", "new", "low_activity", "low_activity", "regular", "regular"]


def test_someone_of_whom_nothing_is_known_is_new() -> None:
    bands = SegmentationSettings().bands
    assert bands[band_of(bands, {})].name == bands[band_of(bands, {"events_total": float("nan")})].name == "new"


def test_a_further_rule_on_features_splits_the_regular_users() -> None:
    rich = Band("high_value", "High value", "spend_total >= 500 and country == 'DE'")
    bands = SegmentationSettings(extra_bands=(rich,)).bands
    people = pd.DataFrame(
        {"events_total": [50.0, 50, 50, 1], "spend_total": [900.0, 900, 10, 900], "country": ["DE", "FR", "DE", "DE"]}
    )
    assert [bands[n].name for n in bands_of(bands, people)] == ["high_value", "regular", "regular", "new"]


@given(st.lists(st.one_of(st.none(), st.floats(0, 30)), max_size=20))
def test_one_user_and_many_users_are_put_in_the_same_band(histories: list[float | None]) -> None:
    bands = SegmentationSettings().bands
    frame = pd.DataFrame({"events_total": pd.Series(histories, dtype="float64")})
    assert bands_of(bands, frame).tolist() == [band_of(bands, {"events_total": h}) for h in histories]


@pytest.mark.parametrize("rule", ["spend_total", "spend_total => 5", "__import__('os')", "a > 1 or b > 2"])
def test_f33_a_rule_that_is_not_a_comparison_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="comparisons joined by 'and'"):
        Band("x", "X", rule)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((50, 50, 50), (0, 1, 2)),
        ((5, 50, 50), (1, 1, 2)),
        ((5, 20, 50), (2, 2, 2)),
        ((50, 50, 5), (0, 1, 1)),
        ((25, 25, 5), (1, 1, 1)),
        ((0, 0, 0), (2, 2, 2)),
    ],
)
def test_a_band_too_small_joins_the_next_one_up_or_the_last_that_stands(counts, expected) -> None:
    assert route(counts, [40, 40, 40]) == expected
