"""What is the catalogue's and what a segment's own when several move on the same day."""

from __future__ import annotations

from monitoring.measurement import DriftRow, Limits, SegmentMeasurement, Sizes
from monitoring.settings import DriftSettings
from monitoring.verdicts import judge

SETTINGS = DriftSettings()
ONE_WAY, ANOTHER, BACK = ({"garden": 1.0, "books": -1.0}, {"garden": 1.0, "kids": -3.0}, {"garden": -1.0, "books": 1.0})


def row(distance: float, shift: dict[str, float], feature: str = "category", chance: float = 0.05) -> DriftRow:
    return DriftRow(feature, "jensenshannon", distance, Limits(0.1, chance, 0.05), "garden", "1 %", "9 %", shift=shift)


def causes(**moves: tuple[DriftRow, ...]) -> dict[str, str]:
    measured = {segment: SegmentMeasurement(rows, Sizes(900, 300, 90, 80)) for segment, rows in moves.items()}
    return {segment: verdict.cause for segment, verdict in judge(measured, SETTINGS).items()}


def test_segments_that_come_from_elsewhere_go_other_ways_to_the_same_goal() -> None:
    found = causes(a=(row(0.3, ONE_WAY),), b=(row(0.2, ANOTHER),), c=(row(0.1, ANOTHER, chance=0.12),))
    assert found == {"a": "catalogue", "b": "catalogue", "c": "none"}


def test_segments_too_small_to_prove_their_move_prove_it_together() -> None:
    def among(distance: float) -> str:
        # none reaches its own limit of .2, and each goes its own way, too
        ways = [{**ONE_WAY, odd: 2.5} for odd in ("kids", "games", "home", "tools")]
        others = {name: (row(distance, way, chance=0.2),) for name, way in zip("bcde", ways, strict=True)}
        return causes(a=(row(0.11, ONE_WAY),), **others)["a"]

    assert among(0.06) == "behaviour"
    assert among(0.15) == "catalogue"


def test_who_moved_much_less_does_not_go_along() -> None:
    others = {name: (row(0.09, ONE_WAY),) for name in "bcd"}
    assert causes(a=(row(0.3, ONE_WAY),), **others)["a"] == "behaviour"
    assert causes(a=(row(0.25, ONE_WAY),), **others)["a"] == "catalogue"


def test_a_move_back_is_nobody_elses() -> None:
    found = causes(a=(row(0.3, ONE_WAY),), b=(row(0.3, BACK),), c=(row(0.3, BACK),))
    assert set(found.values()) == {"behaviour"}


def test_what_is_common_seen_from_one_segment_is_common_to_all_that_moved_in_it() -> None:
    # b goes along with nobody, but a, c and d go together
    found = causes(a=(row(0.3, ONE_WAY),), b=(row(0.3, BACK),), c=(row(0.3, ONE_WAY),), d=(row(0.3, ONE_WAY),))
    assert found["b"] == "catalogue"


def test_beside_a_common_move_a_small_one_alone_is_a_side_effect_and_a_large_one_is_not() -> None:
    def beside(distance: float) -> str:
        own = row(distance, ONE_WAY, "popularity")
        still = row(0.01, ONE_WAY, "popularity")
        moved = row(0.3, ONE_WAY)
        return causes(a=(moved, own), b=(moved, still), c=(moved, still))["a"]

    assert beside(0.12) == "catalogue"
    assert beside(0.2) == "behaviour"


def test_a_segment_that_moves_while_the_others_stay_moves_alone() -> None:
    quiet = (row(0.04, ONE_WAY),)
    assert causes(a=(row(0.3, ONE_WAY),), b=quiet, c=quiet, d=quiet) == {
        "a": "behaviour",
        "b": "none",
        "c": "none",
        "d": "none",
    }
