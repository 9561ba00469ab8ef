from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.alarms import Alarm, follow

START = date(2026, 7, 1)
ANSWERS = {
    "b": ("drift", "behaviour"),
    "c": ("drift", "catalogue"),
    "d": ("data_trouble", "data"),
    ".": ("no_drift", "none"),
    "?": ("too_little_data", "none"),
}


def after(days: str, recovery_days: int = 2) -> Alarm:
    """The alarm after days written as letters."""
    dated = [(START + timedelta(days=n), *ANSWERS[day]) for n, day in enumerate(days)]
    return follow(dated, recovery_days)


@pytest.mark.parametrize(
    ("days", "news"),
    [
        ("", "quiet"),
        ("..", "quiet"),
        (".b", "begun"),
        ("bb", "ongoing"),
        ("bc", "changed"),
        ("b.", "quiet"),
        ("b..", "over"),
        ("b...", "quiet"),
        ("b.b", "ongoing"),
        ("b.?", "quiet"),
        ("b.?.", "over"),
        ("b..b", "begun"),
        ("d", "begun"),
        ("??", "quiet"),
    ],
)
def test_the_last_day_says_what_is_new(days: str, news: str) -> None:
    assert after(days).news == news


def test_an_alarm_that_is_over_says_when_it_began_and_last_alarmed() -> None:
    over = after(".bcb..")
    assert (over.since, over.last, over.calm, over.cause) == (date(2026, 7, 2), date(2026, 7, 4), 2, "behaviour")
    assert not over.open


@given(st.text("bcd.?", max_size=40), st.integers(1, 4))
def test_every_alarm_begins_once_and_ends_once_before_the_next_one_begins(days: str, recovery_days: int) -> None:
    news = [after(days[: n + 1], recovery_days).news for n in range(len(days))]
    turns = [one for one in news if one in ("begun", "over")]
    assert turns == ["begun", "over"] * (len(turns) // 2) + ["begun"] * (len(turns) % 2)


@given(st.text("bc.?", max_size=20), st.text("bcd.?", max_size=20))
def test_what_lies_before_the_end_of_an_alarm_changes_nothing(before: str, days: str) -> None:
    assert after(before + "..." + days).news == after("." * (len(before) + 3) + days).news
