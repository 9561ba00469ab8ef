from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.quiet_hours import QuietHours

NIGHT = QuietHours("22:00", "07:00", "Europe/Berlin")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
TIMES = st.times().map(lambda t: t.strftime("%H:%M"))


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("now", "released"),
    [
        ("2026-07-06T21:59", "2026-07-06T21:59"),
        ("2026-07-06T22:00", "2026-07-07T07:00"),
        ("2026-07-07T06:59", "2026-07-07T07:00"),
        ("2026-07-07T07:00", "2026-07-07T07:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),  # the night is an hour longer
    ],
)
def test_a_mail_of_the_night_waits_for_the_morning(now: str, released: str) -> None:
    assert NIGHT.release(berlin(now), "warning") == berlin(released)


def test_what_is_critical_wakes_people_and_without_hours_nothing_waits() -> None:
    midnight = berlin("2026-07-06T00:30")
    assert NIGHT.release(midnight, "critical") == midnight
    assert QuietHours().release(midnight, "info") == midnight


@given(MOMENTS, TIMES, TIMES)
def test_a_released_mail_is_never_early_never_a_day_late_and_never_quiet(now: datetime, start: str, end: str) -> None:
    quiet = QuietHours(start, end, "America/New_York")
    released = quiet.release(now, "info")
    assert now <= released <= now + timedelta(hours=25)
    assert quiet.release(released, "info") == released


@pytest.mark.parametrize("wrong", [{"start": "25:00"}, {"end": "noon"}, {"zone": "Atlantis"}, {"zone": "../etc"}])
def test_a_wrong_time_or_zone_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong.values())).replace(".", r"\.")):
        QuietHours(**wrong)  # type: ignore[arg-type]
