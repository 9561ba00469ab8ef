from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitoring.calibration_settings import CalibrationSettings
from tessera.calibration import calibrate_segments, load_calibration
from tessera.errors import NotReadyError
from tessera.settings import Settings
from tests.tessera.conftest import FIT_DAYS
from warehouse.store import Store

pytestmark = pytest.mark.xdist_group("shop")
# features of this day and of those a week apart before it are in the shop already
AS_OF = FIT_DAYS[-1]
QUICK = CalibrationSettings(years=2, least_blocks=3, shift_step=0.25)


@pytest.fixture
def shop_settings(small_shop: Callable[..., Settings]) -> Settings:
    settings = small_shop("home")
    few = {"min_rows_reference": 50, "min_rows_current": 20, "min_users": 5, "replicates": 8, "reference_days": 14}
    return settings.model_copy(update={"drift": replace(settings.drift, calibration=QUICK, **few)})


def test_a_calibration_is_written_and_the_monitor_of_later_days_finds_it(shop_settings: Settings) -> None:
    store, told = Store(shop_settings.lake), list[str]()
    found = calibrate_segments(store, shop_settings, AS_OF, told.append)
    assert told == sorted(found)
    assert load_calibration(store, AS_OF) == {s: one.factor for s, one in found.items()}
    assert load_calibration(store, AS_OF + timedelta(days=90)) == load_calibration(store, AS_OF)
    assert load_calibration(store, AS_OF - timedelta(days=1)) == {}


def test_too_short_a_lake_is_refused_with_what_is_needed(shop_settings: Settings) -> None:
    with pytest.raises(NotReadyError, match="at least 21 are needed"):
        calibrate_segments(Store(shop_settings.lake), shop_settings, AS_OF - timedelta(days=14))
