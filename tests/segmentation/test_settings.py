import pytest

from segmentation import Band, SegmentationSettings


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"k_range": (0, 3)}, "k_range"),
        ({"k_range": (5, 3)}, "k_range"),
        ({"minimum_size": 0}, "minimum_size"),
        ({"new_below": 12}, "new_below"),
        ({"stability_floor": 1.5}, "stability_floor"),
        ({"minimum_overlap": 0.0}, "minimum_overlap"),
        ({"extra_bands": (Band("new", "Again", "events_total > 1"),)}, "extra_bands"),
    ],
)
def test_f33_a_wrong_setting_is_refused_by_name(fields: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        SegmentationSettings(**fields)
