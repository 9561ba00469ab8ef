from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from monitoring.effects import kpi_effects, quality_effect
from warehouse.windows import Window

CURRENT = Window(date(2026, 6, 29), date(2026, 7, 6))
REFERENCE = Window.trailing(CURRENT.start, 28)


def daily(buyers_now: int, price: float = 5.0) -> pd.DataFrame:
    """Five weeks with 100 active users a day, 10 to 13 buyers a day before and ``buyers_now`` at last."""
    rows = []
    for n, day in enumerate(Window(REFERENCE.start, CURRENT.end)):
        buyers = buyers_now if day >= CURRENT.start else 10 + n // 7
        rows.append({"date": day, "active_users": 100, "buyers": buyers, "revenue": buyers * price})
    return pd.DataFrame(rows)


def test_figures_are_held_against_their_own_weeks() -> None:
    users, conversion, revenue = kpi_effects(daily(4), REFERENCE, CURRENT)
    assert (users.before, users.after, users.worse) == ("100", "100 (+0%)", False)
    assert (conversion.before, conversion.after) == ("11.50%", "4.00% (−65%)")
    assert conversion.note == "10.00% to 13.00% in the 4 weeks before"
    assert (conversion.worse, revenue.worse) == (True, True)


@pytest.mark.parametrize(("buyers", "worse"), [(9, False), (8, True), (13, False), (30, False)])
def test_worse_means_below_the_lowest_week_by_half_their_width(buyers: int, worse: bool) -> None:
    assert kpi_effects(daily(buyers), REFERENCE, CURRENT)[1].worse is worse


def test_figures_that_nobody_has_are_left_out() -> None:
    assert [one.label.split()[0] for one in kpi_effects(daily(0, 0.0).assign(buyers=0), REFERENCE, CURRENT)] == [
        "Active"
    ]
    later = Window(CURRENT.end, CURRENT.end + timedelta(days=7))
    assert kpi_effects(daily(4), later, later) == ()


def test_quality_is_told_with_parent_and_interval_or_not_at_all() -> None:
    row = {"metric": "NDCG@10", "enough": True, "fallen": True, "users": 412, "served": 0.1012, "holdout": 0.1288}
    row |= {"parent": 0.1034, "difference": -0.0022, "lower": -0.0081, "upper": 0.0037}
    told = quality_effect(row)
    assert told is not None
    assert (told.before, told.after, told.worse) == ("0.1288 at its holdout", "0.1012", True)
    assert "parent 0.1034 on the same 412 users, difference -0.0022 (-0.0081 to +0.0037)" in told.note
    assert quality_effect(row | {"enough": False}) is None
    alone = quality_effect(row | {"difference": float("nan"), "holdout": float("nan")})
    assert alone is not None
    assert (alone.before, alone.note) == ("", "")
