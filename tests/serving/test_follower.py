from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving import sealed
from serving.follower import Follower
from serving.models import ModelStore
from serving.routing import Routing
from serving.selection import Selector


class Followed:
    """A follower stepped by hand, and every routing it published."""

    def __init__(self, config: Any, registry: Any) -> None:
        self.published: list[Routing] = []
        store = ModelStore(config.models, "tessera-", 50_000_000, trial_load=False)
        selector = Selector(store, "tessera-")
        self.follower = Follower(config.snapshots, selector, registry, self.published.append, 0.01)

    def step(self) -> Routing | None:
        self.follower.step()
        return self.published[-1] if self.published else None


@pytest.fixture
def followed(config: Any, registry: Any) -> Followed:
    return Followed(config, registry)


def test_nothing_moved_nothing_is_published(followed: Followed) -> None:
    for _ in range(3):
        followed.step()
    assert len(followed.published) == 1


def test_a_moved_alias_is_published_at_the_next_look(followed: Followed, registry: Any, artifacts: Path) -> None:
    followed.step()
    registry.add("tessera-s1", "2", artifacts / "s1", parent_version="1")
    routing = followed.step()
    assert routing is not None
    assert routing.heads["s1"].version == "2"
    assert len(followed.published) == 2


def test_a_registry_that_dies_changes_nothing_but_the_status_f24(followed: Followed, registry: Any) -> None:
    followed.step()
    registry.down = True
    followed.step()
    assert len(followed.published) == 1
    assert not followed.follower.status.registry_up
    assert followed.follower.status.registry_error == "connection refused"
    assert followed.follower.status.settled


def test_a_start_without_a_registry_serves_the_last_good_state_f25(
    followed: Followed, registry: Any, config: Any
) -> None:
    followed.step()
    registry.down = True
    restarted = Followed(config, registry)
    routing = restarted.step()
    assert routing is not None
    assert [each.version for each in routing.models()] == ["1", "1"]
    assert restarted.follower.status.settled


def test_a_start_with_nothing_verified_serves_popular_items_and_is_not_settled_f25(config: Any, registry: Any) -> None:
    registry.down = True
    followed = Followed(config, registry)
    routing = followed.step()
    assert routing is not None
    assert routing.models() == []
    assert routing.line("s1").serves == "popular"
    assert not followed.follower.status.settled
    registry.down = False
    followed.step()
    assert followed.follower.status.settled


def test_a_new_snapshot_is_taken_up(followed: Followed, config: Any, snapshot_of: Any) -> None:
    first = followed.step()
    snapshot_of(config.snapshots, popular=["i20"])
    second = followed.step()
    assert first is not None
    assert second is not None
    assert second.snapshot.popular[0] == "i20"
    assert second.parent is first.parent


def test_a_damaged_snapshot_leaves_the_old_one_serving_f2(followed: Followed, config: Any, snapshot_of: Any) -> None:
    first = followed.step()
    damaged = snapshot_of(config.snapshots, popular=["i20"])
    (damaged / "ts.npy").write_bytes(b"")
    assert followed.step() is first
    assert "ts.npy" in followed.follower.status.snapshot_error


def test_without_a_snapshot_nothing_is_published(config: Any, registry: Any) -> None:
    (config.snapshots / sealed.POINTER).unlink()
    followed = Followed(config, registry)
    assert followed.step() is None
    assert "publish recommendations first" in followed.follower.status.snapshot_error


def test_a_fault_nobody_thought_of_does_not_end_the_following(
    config: Any, registry: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = Followed(config, registry)
    real, calls = registry.champions, [0]

    def sometimes(prefix: str) -> Any:
        calls[0] += 1
        if calls[0] < 3:
            raise KeyError("surprise")
        return real(prefix)

    monkeypatch.setattr(registry, "champions", sometimes)
    followed.follower.start()
    try:
        eventually(lambda: bool(followed.published))
    finally:
        followed.follower.stop()
    assert followed.published[-1].parent is not None
