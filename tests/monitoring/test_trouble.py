"""Broken data is called by its name, and what is left is as if it had never been broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from monitoring.trouble import Trouble, TroubleSettings, find_troubles, without_suspects, without_trouble
from warehouse.windows import Window

SPAN = Window.trailing(date(2026, 3, 1), 35)
CURRENT = Window.trailing(SPAN.end, 7)
DAY = date(2026, 2, 25)
Break = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def sound(events_of: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Sound events of 35 days, some 140 a day."""
    return events_of("a", SPAN, 3, users=200).assign(ts=lambda rows: rows["ts"].dt.as_unit("us"))


def on(events: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(events["ts"].dt.date == DAY)


def since(events: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(events["ts"].dt.date >= DAY)


def lose_day(events: pd.DataFrame) -> pd.DataFrame:
    left: pd.DataFrame = events.loc[~on(events) | (np.arange(len(events)) % 20 == 0)]
    return left


def double_day(events: pd.DataFrame) -> pd.DataFrame:
    again = events[on(events)]
    return pd.concat([events, again.assign(event_id="again-" + again["event_id"])], ignore_index=True)


def empty_device(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(device=events["device"].mask(since(events)))


def empty_price(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(price=events["price"].mask(since(events)))


def rename_device(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(device=events["device"].mask(since(events) & (events["device"] == "mobile"), "Mobile-App"))


def add_bots(events: pd.DataFrame, bots: int = 5, per_day: int = 60) -> pd.DataFrame:
    days = pd.date_range(DAY, SPAN.end, inclusive="left", tz="UTC").as_unit("us")
    n = bots * per_day * len(days)
    rng = np.random.default_rng(1)
    wave = events.sample(n, replace=True, random_state=1, ignore_index=True)
    wave["ts"] = days.repeat(n // len(days)) + pd.to_timedelta(rng.integers(0, 86_400, n), unit="s").as_unit("us")
    wave["user_id"] = [f"bot{i % bots}" for i in range(n)]
    wave["event_id"] = [f"bot-{i}" for i in range(n)]
    return pd.concat([events, wave], ignore_index=True)


CASES = [
    pytest.param(lose_day, "missing_day", "", (DAY,), id="missing day"),
    pytest.param(double_day, "doubled_day", "", (DAY,), id="doubled day"),
    pytest.param(empty_device, "null_column", "device", tuple(Window(DAY, SPAN.end)), id="null column"),
    pytest.param(empty_price, "null_column", "price", tuple(Window(DAY, SPAN.end)), id="null number"),
    pytest.param(rename_device, "renamed_value", "device", tuple(Window(DAY, SPAN.end)), id="renamed value"),
    pytest.param(add_bots, "bot_wave", "", tuple(Window(DAY, SPAN.end)), id="bot wave"),
]


def test_sound_events_have_no_trouble(sound: pd.DataFrame) -> None:
    assert find_troubles(sound, SPAN) == ()


@pytest.mark.parametrize(("broken", "kind", "column", "days"), CASES)
def test_a_break_is_the_only_finding_with_its_days_and_column(
    sound: pd.DataFrame, broken: Break, kind: str, column: str, days: tuple[date, ...]
) -> None:
    (trouble,) = find_troubles(broken(sound), SPAN)
    assert (trouble.kind, trouble.column, trouble.days) == (kind, column, days)
    assert trouble.touches(CURRENT)
    assert not trouble.touches(Window(SPAN.start, DAY))
    assert str(DAY) in trouble.reason
    assert trouble.advice


@pytest.mark.parametrize(("broken", "kind", "column", "days"), CASES)
def test_what_was_found_depends_on_the_events_and_not_on_their_order(
    sound: pd.DataFrame, broken: Break, kind: str, column: str, days: tuple[date, ...]
) -> None:
    events = broken(sound)
    found = find_troubles(events, SPAN)
    shuffled = events.sample(frac=1, random_state=2)
    assert find_troubles(shuffled, SPAN) == found
    healed = without_trouble(shuffled, found).sort_values("event_id", ignore_index=True)
    assert healed.equals(without_trouble(events, found).sort_values("event_id", ignore_index=True))


@pytest.mark.parametrize("broken", [double_day, rename_device, add_bots])
def test_copies_names_and_bots_leave_no_trace(sound: pd.DataFrame, broken: Break) -> None:
    events = broken(sound)
    healed = without_trouble(events, find_troubles(events, SPAN))
    pd.testing.assert_frame_equal(healed.reset_index(drop=True), sound)


def test_a_missing_day_is_left_out_whole(sound: pd.DataFrame) -> None:
    events = lose_day(sound)
    healed = without_trouble(events, find_troubles(events, SPAN))
    assert len(healed) == (~on(sound)).sum()


def test_a_null_column_is_empty_on_every_day(sound: pd.DataFrame) -> None:
    events = empty_device(sound)
    healed = without_trouble(events, find_troubles(events, SPAN))
    assert healed["device"].isna().all()
    assert healed["category"].equals(events["category"])


def test_the_accounts_of_a_wave_leave_the_assignment(sound: pd.DataFrame) -> None:
    assigned = pd.Series({"a-u1": "a", "bot1": "a"})
    kept = without_suspects(assigned, find_troubles(add_bots(sound), SPAN))
    assert kept.to_dict() == {"a-u1": "a"}
    assert without_suspects(assigned, ()) is assigned


def test_a_large_order_is_one_moment_and_one_account_is_no_wave(sound: pd.DataFrame) -> None:
    order = pd.concat([sound.head(4)] * 300, ignore_index=True).assign(ts=pd.Timestamp(DAY, tz="UTC").as_unit("us"))
    order["event_id"] = order["item_id"] = [f"line-{n}" for n in range(len(order))]
    assert find_troubles(pd.concat([sound, order], ignore_index=True), SPAN) == ()
    assert find_troubles(add_bots(sound, bots=2, per_day=150), SPAN) == ()


def test_a_smaller_shop_is_no_gap(sound: pd.DataFrame) -> None:
    shrunk = sound[~since(sound) | (np.arange(len(sound)) % 4 == 0)]
    assert find_troubles(shrunk, SPAN) == ()


def test_many_whole_days_without_any_event_are_a_gap(sound: pd.DataFrame) -> None:
    (trouble,) = find_troubles(sound[~since(sound)], SPAN)
    assert (trouble.kind, trouble.days) == ("missing_day", tuple(Window(DAY, SPAN.end)))


def test_a_day_of_rest_in_every_week_is_usual(sound: pd.DataFrame) -> None:
    assert find_troubles(sound[sound["ts"].dt.dayofweek != 6], SPAN) == ()


def test_a_new_value_beside_the_old_ones_is_no_new_name(sound: pd.DataFrame) -> None:
    some = since(sound) & (np.arange(len(sound)) % 5 == 0)
    assert find_troubles(sound.assign(device=sound["device"].mask(some, "television")), SPAN) == ()


def test_a_column_that_is_often_empty_is_usual(sound: pd.DataFrame) -> None:
    often = np.random.default_rng(4).random(len(sound)) < 0.5
    assert find_troubles(sound.assign(channel=sound["channel"].mask(often)), SPAN) == ()


def test_two_weeks_are_too_short_to_know_what_is_usual(sound: pd.DataFrame) -> None:
    short = Window.trailing(SPAN.end, 14)
    assert find_troubles(empty_device(sound), short) == ()


def test_a_trouble_says_what_is_usual(sound: pd.DataFrame) -> None:
    def said(events: pd.DataFrame) -> Trouble:
        return find_troubles(events, SPAN)[0]

    assert "are usual for the weekday" in said(lose_day(sound)).reason
    assert "is empty in 100% of the events of 2026-02-25 to 2026-02-28 (4 days)" in said(empty_device(sound)).reason
    assert "Mobile-App → mobile" in said(rename_device(sound)).advice


@pytest.mark.parametrize("wrong", [{"nulls": 1.5}, {"least_days": 0}, {"awake_hours": 25}])
def test_an_impossible_limit_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TroubleSettings(**wrong)  # type: ignore[arg-type]


def test_days_outside_the_span_are_not_looked_at(sound: pd.DataFrame) -> None:
    events = lose_day(sound)
    assert find_troubles(events, Window(SPAN.start, DAY)) == ()
    assert find_troubles(events, Window(SPAN.start + timedelta(days=1), SPAN.end))[0].days == (DAY,)
