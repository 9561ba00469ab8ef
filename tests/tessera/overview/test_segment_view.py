from __future__ import annotations

import pytest

from tessera.overview.flows import flows
from tessera.overview.lines import overview
from tessera.overview.segment_view import SegmentView, segment_view
from tessera.overview.serving_state import ServingState
from tessera.overview.tables import Tables
from tessera.overview.top_items import top_items
from tessera.settings import Settings
from tests.tessera.overview.small_lake import FIRST, LAST


@pytest.fixture
def view(tables: Tables, settings: Settings) -> SegmentView:
    line = overview(tables, settings, ServingState()).line("s2")
    assert line is not None
    return segment_view(tables, line)


def test_columns_are_held_against_their_limits_the_furthest_first(view: SegmentView) -> None:
    assert [history.feature for history in view.features] == ["category", "price"]
    assert view.features[0].ratios == pytest.approx((0.5,) * 6 + (3.0,))
    assert view.features[0].newest["drifted"]


def test_the_profile_says_what_distinguishes_it(view: SegmentView) -> None:
    assert [(trait["feature"], trait["band_z"]) for trait in view.traits] == [("share_evening", 1.2)]


def test_top_items_are_those_its_users_turn_to_more_than_everybody(tables: Tables) -> None:
    [spade, book] = top_items(tables, "s2")
    assert (spade.item_id, spade.title, spade.users, spade.share) == ("spade", "Spade", 2, 1.0)
    assert spade.lift == pytest.approx(7 / 2)
    assert (book.item_id, book.lift) == ("book", pytest.approx(1.0))
    assert top_items(tables, "nobody") == ()


def test_flows_count_who_came_and_went(tables: Tables) -> None:
    bargain, evening, new = (flows(tables, segment) for segment in ("s2", "s1", "s3"))
    assert bargain is not None
    assert evening is not None
    assert new is not None
    assert (bargain.before, bargain.after, bargain.stayed) == (FIRST, LAST, 2)
    assert (bargain.went, bargain.came) == ((("s1", 1),), ())
    assert evening.came == (("s2", 1),)
    assert new.came == (("", 1),), "from nowhere: a new user"


def test_versions_come_newest_first(tables: Tables, settings: Settings) -> None:
    line = overview(tables, settings, ServingState()).line("s1")
    assert line is not None
    assert [row["model_version"] for row in segment_view(tables, line).decisions] == ["2", "1"]


def test_lineage_names_the_other_segment(tables: Tables, settings: Settings) -> None:
    line = overview(tables, settings, ServingState()).line("s3")
    assert line is not None
    assert [(row["event"], row["other_id"]) for row in segment_view(tables, line).lineage] == [("split", "s2")]
