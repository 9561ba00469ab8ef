from __future__ import annotations

import itertools
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from recommender.head import SegmentHead
from recommender.spine import Spine
from serving.metrics import ServingMetrics
from serving.models import ModelStore, ServedModel
from serving.recent import RecentEvent, RecentEvents
from serving.router import Answer, Router
from serving.routing import Routing
from serving.snapshot import load_snapshot
from warehouse.windows import midnight


@pytest.fixture
def full(config: Any, registry: Any, artifacts: Path) -> Routing:
    """Global version 1 with heads for both segments."""
    store = ModelStore(config.models, "tessera-", 50_000_000, trial_load=False)
    registry.add("tessera-s2", "1", artifacts / "s2", parent_version="1")
    parent, s1, s2 = (
        store.obtain(registry, f"tessera-{segment}", "1", {"parent_version": "1"}) for segment in ("global", "s1", "s2")
    )
    return Routing(load_snapshot(config.snapshots), parent, {"s1": s1, "s2": s2}, {})


@pytest.fixture
def recent() -> RecentEvents:
    return RecentEvents()


def ask(routing: Routing, user: str, k: int = 10, *, seen: bool = True, recent: RecentEvents | None = None) -> Answer:
    router = Router(RecentEvents() if recent is None else recent, ServingMetrics())
    router.swap(routing)
    return router.recommend(user, k, exclude_seen=seen)


def without(routing: Routing, *, parent: bool = True, heads: bool = True) -> Routing:
    return Routing(
        routing.snapshot, routing.parent if parent else None, dict(routing.heads) if heads else {}, routing.notes
    )


def test_the_segments_champion_answers_first(full: Routing) -> None:
    answer = ask(full, "u03")
    assert (answer.model, answer.version, answer.parent_version) == ("tessera-s1", "1", "1")
    assert answer.items[0].item_id == "i39"
    assert answer.items[0].layer == "segment"
    assert not answer.degraded


def test_no_user_is_served_by_another_segments_model_f13(full: Routing) -> None:
    for row, user in enumerate(full.snapshot.users.tolist()):
        expected = "tessera-s1" if row < 30 else "tessera-s2"
        assert ask(full, user.decode(), 3).model == expected


def test_without_a_head_the_global_champion_answers(full: Routing) -> None:
    answer = ask(without(full, heads=False), "u03")
    assert answer.model == "tessera-global"
    assert {item.layer for item in answer.items} <= {"global", "popular"}


def test_without_a_model_the_segments_popular_items_come_first(full: Routing) -> None:
    answer = ask(without(full, parent=False, heads=False), "stranger", 6)
    assert [item.item_id for item in answer.items] == ["i09", "i05", "i04", "i00", "i01", "i02"]
    assert [item.layer for item in answer.items] == ["popular_in_segment", *["popular"] * 5]
    assert answer.degraded
    assert answer.model == "popular"


def test_an_unknown_user_is_answered_as_a_new_user(full: Routing) -> None:
    answer = ask(full, "stranger")
    assert (answer.known, answer.segment_id, answer.model) == (False, "s2", "tessera-s2")
    assert len(answer.items) == 10


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("k", [1, 10, 40, 100])
def test_every_list_is_full_and_without_repeats(full: Routing, k: int, seen: bool) -> None:
    for user in ("u00", "u31", "u59", "stranger"):
        items = [item.item_id for item in ask(full, user, k, seen=seen).items]
        assert len(items) == len(set(items)) == min(k, 40)


def test_seen_items_are_left_out_until_nothing_else_is_left(full: Routing) -> None:
    seen = full.snapshot.seen("u03")
    fresh = 40 - len(seen)
    items = ask(full, "u03", 40).items
    assert not seen & {item.item_id for item in items[:fresh]}
    assert {item.layer for item in items[fresh:]} == {"seen_before"}


def test_seen_items_may_be_asked_for(full: Routing) -> None:
    seen = full.snapshot.seen("u03")
    assert seen & {item.item_id for item in ask(full, "u03", 20, seen=False).items}


def test_what_was_just_seen_is_left_out_at_once(full: Routing, recent: RecentEvents) -> None:
    top = ask(full, "u03").items[0].item_id
    recent.add([RecentEvent("u03", top, "view", midnight(full.snapshot.as_of), 1.0)])
    assert top not in {item.item_id for item in ask(full, "u03", recent=recent).items}


def test_recent_events_shape_the_list_of_a_new_user(full: Routing, recent: RecentEvents) -> None:
    plain = without(full, heads=False)
    before = [item.item_id for item in ask(plain, "stranger").items]
    liked = [f"i{n:02d}" for n in (2, 5, 8, 11, 14)]
    recent.add([RecentEvent("stranger", item, "view", midnight(full.snapshot.as_of), 1.0) for item in liked])
    after = [item.item_id for item in ask(plain, "stranger", recent=recent).items]
    kind = [sum(int(item[1:]) % 3 == 2 for item in items) for items in (before, after)]
    assert kind[1] > kind[0]


def test_a_model_that_raises_is_skipped_counted_and_reported(full: Routing, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("corrupt")

    metrics = ServingMetrics()
    router = Router(RecentEvents(), metrics)
    router.swap(full)
    monkeypatch.setattr(SegmentHead, "recommend", broken)
    answer = router.recommend("u03", 10, exclude_seen=True)
    assert (answer.model, answer.degraded, len(answer.items)) == ("tessera-global", True, 10)
    monkeypatch.setattr(Spine, "recommend", broken)
    answer = router.recommend("u03", 10, exclude_seen=True)
    assert (answer.model, answer.degraded, len(answer.items)) == ("popular", True, 10)
    assert b'tessera_model_errors_total{model="tessera-s1",version="1"} 2.0' in metrics.text()


def test_an_answer_is_kept_until_something_moves(full: Routing, recent: RecentEvents) -> None:
    router = Router(recent, ServingMetrics())
    router.swap(full)
    first = router.recommend("u03", 5, exclude_seen=True)
    assert router.recommend("u03", 5, exclude_seen=True) is first
    assert router.recommend("u03", 6, exclude_seen=True) is not first
    recent.add([RecentEvent("u03", "i39", "view", midnight(full.snapshot.as_of), 1.0)])
    assert router.recommend("u03", 5, exclude_seen=True) != first
    router.swap(without(full, heads=False))
    assert router.recommend("u03", 5, exclude_seen=True).model == "tessera-global"


def test_a_model_that_recovers_serves_at_once(full: Routing, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise MemoryError

    router = Router(RecentEvents(), ServingMetrics())
    router.swap(full)
    with monkeypatch.context() as patched:
        patched.setattr(SegmentHead, "recommend", broken)
        assert router.recommend("u03", 5, exclude_seen=True).model == "tessera-global"
    assert router.recommend("u03", 5, exclude_seen=True).model == "tessera-s1"


def self_named(full: Routing, version: str, item: str) -> Routing:
    """Parent and head of one version, the head putting ``item`` on top."""
    assert full.parent is not None
    head = SegmentHead("s1", {item: 50.0}, prior_weight=10.0, parent_version=version)
    parent = ServedModel("tessera-global", version, full.parent.model, {})
    return Routing(
        full.snapshot, parent, {"s1": ServedModel("tessera-s1", version, head, {"parent_version": version})}, {}
    )


def test_a_swap_under_load_never_mixes_two_versions_f22(full: Routing) -> None:
    """Each version's head puts its own item on top, so an answer that mixes versions contradicts itself."""
    tops = {"1": "i39", "2": "i38"}
    routings = {version: self_named(full, version, item) for version, item in tops.items()}
    router = Router(RecentEvents(), ServingMetrics())
    router.swap(routings["1"])
    answers: list[Answer] = []
    stop = Event()

    def load() -> None:
        while not stop.is_set():
            answers.extend(router.recommend(user, 3, exclude_seen=True) for user in ("u60", "u03"))

    threads = [Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    for version in itertools.cycle("21"):
        router.swap(routings[version])
        time.sleep(0.002)  # a machine under load must still get to answer between two swaps
        seen = {answer.version for answer in list(answers) if answer.model == "tessera-s1"}
        if (len(answers) >= 120 and len(seen) == 2) or time.monotonic() > deadline:
            break
    stop.set()
    for thread in threads:
        thread.join()
    by_head = [answer for answer in answers if answer.model == "tessera-s1"]
    assert {answer.version for answer in by_head} == {"1", "2"}
    for answer in by_head:
        assert answer.parent_version == answer.version
        assert answer.items[0].item_id == tops[answer.version]
    assert not any(answer.degraded for answer in answers)
