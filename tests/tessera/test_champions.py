from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from tessera import champions
from tessera.champions import load_parent, serving_version
from tessera.errors import NotReadyError
from training.versions import Version


def version(name: str, number: int, as_of: str, parent: str = "") -> Version:
    return Version(name, str(number), "run", {"as_of": as_of, "parent_version": parent, "segment_id": "global"})


class FakeRegistry:
    """The two questions that are asked of a registry, answered from memory."""

    def __init__(self, versions: Iterable[Version], champions: dict[str, Version]) -> None:
        self._versions = list(versions)
        self._champions = champions

    def champion(self, name: str) -> Version | None:
        return self._champions.get(name)

    def versions(self, name: str) -> list[Version]:
        return [entry for entry in self._versions if entry.name == name]


@pytest.fixture
def spines(monkeypatch: pytest.MonkeyPatch) -> None:
    spine = champions.Spine.__new__(champions.Spine)
    monkeypatch.setattr(champions, "load_version", lambda *_: spine)


@pytest.mark.usefixtures("spines")
def test_a_step_as_of_today_stands_on_the_live_champion(tmp_path: Path) -> None:
    old, new = version("tessera-global", 1, "2026-06-01"), version("tessera-global", 2, "2026-06-08")
    registry = FakeRegistry([old, new], {"tessera-global": old})
    assert load_parent(registry, tmp_path, date(2026, 6, 15))[0] == old  # type: ignore[arg-type]


@pytest.mark.usefixtures("spines")
def test_a_backfilled_step_never_stands_on_a_parent_that_saw_later_days(tmp_path: Path) -> None:
    old, new = version("tessera-global", 1, "2026-06-01"), version("tessera-global", 2, "2026-06-08")
    registry = FakeRegistry([old, new], {"tessera-global": new})
    assert load_parent(registry, tmp_path, date(2026, 6, 7))[0] == old  # type: ignore[arg-type]
    with pytest.raises(NotReadyError, match="2026-05-31"):
        load_parent(registry, tmp_path, date(2026, 5, 31))  # type: ignore[arg-type]


def test_a_segments_own_champion_serves_only_on_the_parent_it_was_proved_on() -> None:
    parent = version("tessera-global", 2, "2026-06-08")
    proved, unproved = version("tessera-s1", 1, "2026-06-08", "2"), version("tessera-s2", 1, "2026-06-01", "1")
    registry = FakeRegistry([], {"tessera-s1": proved, "tessera-s2": unproved})
    assert serving_version(registry, "s1", parent) == proved  # type: ignore[arg-type]
    assert serving_version(registry, "s2", parent) == parent  # type: ignore[arg-type]
    assert serving_version(registry, "s3", parent) == parent  # type: ignore[arg-type]
    assert serving_version(registry, "s1", None) is None  # type: ignore[arg-type]
