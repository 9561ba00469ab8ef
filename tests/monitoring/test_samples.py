from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from monitoring.samples import draw, plan_windows, segment_samples
from monitoring.settings import DriftSettings
from warehouse.windows import Window

WEEKS = Window(date(2026, 2, 1), date(2026, 3, 1))
SETTINGS = DriftSettings()


@pytest.fixture(scope="module")
def events(events_of: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return events_of("s", WEEKS, 0, users=30)


def test_a_sample_does_not_depend_on_the_order_of_rows(events: pd.DataFrame) -> None:
    small = replace(SETTINGS, sample_rows=50)
    shuffled = events.sample(frac=1, random_state=7)
    pd.testing.assert_frame_equal(draw(events, WEEKS, small), draw(shuffled, WEEKS, small))


def test_a_sample_is_bounded_and_another_seed_draws_another_one(events: pd.DataFrame) -> None:
    small = replace(SETTINGS, sample_rows=50)
    first, second = draw(events, WEEKS, small), draw(events, WEEKS, replace(small, seed=1))
    assert len(first) == len(second) == 50
    assert set(first["event_id"]) != set(second["event_id"])


@budget(max_examples=20, deadline=None)
@given(rows=st.integers(2, 400), seed=st.integers(0, 10**9))
def test_a_smaller_sample_is_part_of_a_larger_one(rows: int, seed: int) -> None:
    ids = [f"e{n}" for n in range(200)]
    users = [f"u{n % 40}" for n in range(200)]
    ts = pd.date_range("2026-02-01", periods=200, freq="3h", tz="UTC")
    events = pd.DataFrame({"event_id": ids, "user_id": users, "ts": ts})
    small = draw(events, WEEKS, replace(SETTINGS, sample_rows=rows, seed=seed))
    large = draw(events, WEEKS, replace(SETTINGS, sample_rows=rows + 10, seed=seed))
    assert set(small["event_id"]) <= set(large["event_id"])
    assert len(small) == min(rows, 200)


def test_one_busy_user_does_not_speak_for_the_segment(events: pd.DataFrame) -> None:
    bot = events.head(1).loc[[events.index[0]] * 5_000].assign(user_id="bot")
    bot["event_id"] = [f"bot-{n}" for n in range(len(bot))]
    sample = draw(pd.concat([events, bot]), WEEKS, SETTINGS)
    assert (sample["user_id"] == "bot").sum() == SETTINGS.user_rows


def test_only_events_of_the_window_are_drawn_and_dated(events: pd.DataFrame) -> None:
    week = Window.trailing(date(2026, 2, 15), 7)
    sample = draw(events, week, SETTINGS)
    assert sample["ts"].min() >= pd.Timestamp(week.start_ts)
    assert sample["ts"].max() < pd.Timestamp(week.end_ts)
    assert (sample["hour"] == sample["ts"].dt.hour).all()


def test_blocks_count_back_from_the_end_of_the_window() -> None:
    ts = pd.to_datetime(
        ["2026-02-28T23:59:59.999999Z", "2026-02-22T00:00Z", "2026-02-21T23:59:59.999999Z"], format="ISO8601"
    )
    events = pd.DataFrame({"event_id": list("abc"), "user_id": list("abc"), "ts": ts})
    blocks = draw(events, WEEKS, SETTINGS).set_index("event_id")["block"]
    assert blocks.to_dict() == {"a": 0, "b": 0, "c": 1}


def test_each_window_takes_its_own_assignment(events: pd.DataFrame) -> None:
    windows = plan_windows(date(2026, 3, 1), SETTINGS)
    users = sorted(events["user_id"].unique())
    before, after = pd.Series("new", index=users), pd.Series("regular", index=users)
    samples = segment_samples(events, windows, (before, after), SETTINGS)
    assert list(samples) == ["new", "regular"]
    assert samples["new"].current.empty
    assert samples["regular"].reference.empty
    assert not samples["new"].reference.empty


def test_a_user_without_a_segment_is_in_no_sample(events: pd.DataFrame) -> None:
    known = pd.Series({"s-u1": "s"})
    samples = segment_samples(events, plan_windows(date(2026, 3, 1), SETTINGS), (known, known), SETTINGS)
    assert set(samples["s"].reference["user_id"]) == {"s-u1"}


def test_the_reference_ends_where_the_champions_training_ended_and_never_overlaps_the_current_window() -> None:
    as_of = date(2026, 3, 1)
    assert plan_windows(as_of, SETTINGS, date(2026, 2, 8))[0] == Window.trailing(date(2026, 2, 8), 28)
    assert plan_windows(as_of, SETTINGS, as_of)[0].end == plan_windows(as_of, SETTINGS)[1].start


def test_events_without_an_id_are_refused() -> None:
    with pytest.raises(KeyError, match="event_id"):
        draw(pd.DataFrame({"user_id": [], "ts": []}), WEEKS, SETTINGS)
