from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from pandas.testing import assert_frame_equal

from monitoring.actions import PlannedAction, action_table
from tessera.errors import NotReadyError
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from tests.tessera.conftest import END, FIT_DAYS
from warehouse.store import Store
from warehouse.windows import Window

Shop = Callable[..., Settings]
pytestmark = pytest.mark.xdist_group("shop")
ORIGIN = FIT_DAYS[0]


def membership(settings: Settings, as_of: date) -> Membership:
    store = Store(settings.lake)
    return Membership(store, settings, LakeSource(store, settings), as_of)


def test_f6_any_order_of_days_gives_the_same_segments(small_shop: Shop) -> None:
    forward, backward = small_shop("forward"), small_shop("backward")
    assigned = {day: membership(forward, day).assign(day) for day in FIT_DAYS}
    for day in reversed(FIT_DAYS):
        assert_frame_equal(membership(backward, day).assign(day), assigned[day])
    for table in ("segments", "segment_lineage"):
        assert Store(forward.lake).content_hash(table) == Store(backward.lake).content_hash(table)
    assert len(set(assigned[FIT_DAYS[-1]]["segment_id"])) > 1, "one segment for all would prove nothing"


def test_fits_lie_on_a_grid_and_each_is_written_once(small_shop: Shop) -> None:
    settings = small_shop()
    last = membership(settings, END)
    assert last.fitted_as_of == FIT_DAYS[-1]
    last.names()
    store = Store(settings.lake)
    assert store.dates("segments") == list(FIT_DAYS)
    version = store.snapshot("segments")
    assert membership(settings, ORIGIN + timedelta(days=8)).segments()
    assert store.snapshot("segments") == version


def test_every_known_user_belongs_to_one_living_segment(small_shop: Shop) -> None:
    settings = small_shop()
    people = membership(settings, ORIGIN)
    assigned = people.at(ORIGIN)
    assert assigned.index.is_unique
    assert set(assigned.index) == set(people.source.users(ORIGIN)["user_id"])
    assert set(assigned) <= set(people.names())


def test_a_day_before_the_first_fit_is_refused(small_shop: Shop) -> None:
    settings = small_shop()
    with pytest.raises(NotReadyError, match=f"segments exist from {ORIGIN} on"):
        membership(settings, ORIGIN - timedelta(days=1)).segments()


def test_drift_of_the_mix_asks_for_a_fit_on_the_next_day(small_shop: Shop) -> None:
    settings = small_shop()
    asked = ORIGIN + timedelta(days=2)
    action = PlannedAction("all", "mix", "retrain", "recluster", "users moved")
    Store(settings.lake).replace("drift_actions", action_table([action], asked, "run"), Window.day(asked))
    assert membership(settings, asked).fitted_as_of == ORIGIN
    after = membership(settings, asked + timedelta(days=1))
    assert after.fitted_as_of == asked + timedelta(days=1)
    assert set(after.segments()) & set(membership(settings, ORIGIN).segments()), "segments keep their ids"
    assert membership(settings, FIT_DAYS[1]).fitted_as_of == FIT_DAYS[1]
