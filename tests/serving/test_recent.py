from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from serving.recent import RecentEvent, RecentEvents, as_frame

NOON = datetime(2026, 2, 15, 12, tzinfo=UTC)


def event(user: str, item: str, ts: datetime = NOON) -> RecentEvent:
    return RecentEvent(user, item, "view", ts, 1.0)


def items(recent: RecentEvents, user: str, since: date = date(2026, 2, 15)) -> list[str]:
    return [each.item_id for each in recent.of(user, since)]


def test_only_events_since_the_snapshot_count() -> None:
    recent = RecentEvents()
    recent.add([event("u", "old", NOON - timedelta(days=1)), event("u", "new")])
    assert items(recent, "u") == ["new"]


def test_a_flood_of_one_user_keeps_only_the_newest_f27() -> None:
    recent = RecentEvents(events_per_user=3)
    recent.add([event("bot", f"i{n}") for n in range(1000)])
    assert items(recent, "bot") == ["i997", "i998", "i999"]


def test_the_longest_silent_user_is_forgotten_first() -> None:
    recent = RecentEvents(users=2)
    for user in ("a", "b", "a", "c"):
        recent.add([event(user, "i")])
    assert (items(recent, "a"), items(recent, "b"), items(recent, "c")) == (["i", "i"], [], ["i"])


def test_a_newer_snapshot_makes_older_events_superfluous() -> None:
    recent = RecentEvents()
    recent.add([event("u", "i1"), event("v", "i2", NOON + timedelta(days=1))])
    recent.forget_before(date(2026, 2, 16))
    assert items(recent, "u") == []
    assert items(recent, "v") == ["i2"]


def test_a_frame_holds_no_event_at_or_after_its_bound() -> None:
    bound = NOON - timedelta(hours=1)
    frame = as_frame([event("u", "i1"), event("u", "i2", NOON - timedelta(hours=5))], bound)
    assert (frame["ts"] < bound).all()
    assert str(frame["ts"].dtype) == "datetime64[us, UTC]"
