from __future__ import annotations

from datetime import date, timedelta

import pytest

from interactions.simulation import Scenario
from tessera.demo.calendar import Calendar
from tessera.demo.stage import DEMO_HOME, default_home
from tessera.errors import TesseraError
from training.backtest import plan_folds
from training.settings import BacktestSettings
from warehouse.windows import Window


def test_the_demos_history_is_proved_on_three_windows_so_that_it_fits_few_parents() -> None:
    calendar = Calendar.of(Scenario.demo().window)
    plan = plan_folds(calendar.trained, BacktestSettings(), calendar.history)
    assert [fold.role for fold in plan] == ["tune", "gate", "gate", "gate"]


def test_too_few_days_for_the_loop_are_refused_with_what_is_needed() -> None:
    end = date(2026, 6, 29)
    with pytest.raises(TesseraError, match="at least 42 days"):
        Calendar.of(Window(end - timedelta(days=41), end))


@pytest.mark.parametrize(
    ("mapping", "name"), [(None, "demo"), ("movielens", "movielens"), ("/a/../b/mine.yaml", "mine")]
)
def test_a_mapping_file_anywhere_gives_a_home_of_its_name(mapping: str | None, name: str) -> None:
    assert default_home(mapping) == DEMO_HOME / name
