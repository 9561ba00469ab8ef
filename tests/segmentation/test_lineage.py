from dataclasses import replace
from datetime import date

from segmentation import Segmentation, lineage
from segmentation.bands import Band
from segmentation.identity import Transition
from segmentation.segmentation import Segment


def _living(ids: dict[str, int], *flows: tuple[str, str, int]) -> Segmentation:
    segments = tuple(Segment(i, i, "regular", users, 0.5, ()) for i, users in ids.items())
    bands = (Band("regular", "Regular", ""),)
    empty = Segmentation(date(2026, 3, 2), bands, {"regular": "regular"}, {}, segments, 9)
    return replace(empty, transitions=tuple(Transition(*flow) for flow in flows))


def _events(previous: Segmentation | None, current: Segmentation) -> dict[str, tuple[str, str | None]]:
    rows = lineage(previous, current)
    return {r.segment_id: (r.event, None if r.other_id != r.other_id else r.other_id) for r in rows.itertuples()}


def test_everything_is_born_at_the_first_fit() -> None:
    assert _events(None, _living({"s1": 5, "s2": 5})) == {"s1": ("birth", None), "s2": ("birth", None)}


def test_a_segment_that_gives_a_quarter_of_its_users_away_was_split() -> None:
    after = _living({"s1": 60, "s2": 40}, ("s1", "s1", 60), ("s1", "s2", 40))
    assert _events(_living({"s1": 100}), after) == {"s1": ("kept", "s1"), "s2": ("split", "s1")}


def test_a_segment_whose_users_are_mostly_in_another_was_merged() -> None:
    after = _living({"s1": 90}, ("s1", "s1", 60), ("s2", "s1", 30))
    assert _events(_living({"s1": 60, "s2": 30}), after) == {"s1": ("kept", "s1"), "s2": ("merge", "s1")}


def test_a_segment_without_users_died_and_one_from_few_of_many_was_born() -> None:
    after = _living({"s1": 90, "s3": 10}, ("s1", "s1", 90), ("s1", "s3", 10))
    assert _events(_living({"s1": 100, "s2": 30}), after) == {
        "s1": ("kept", "s1"),
        "s2": ("death", None),
        "s3": ("birth", None),
    }
