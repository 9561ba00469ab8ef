from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recommender import artifact
from recommender.head import SegmentHead
from serving.errors import RegistryError
from serving.models import ModelStore
from serving.selection import Selection, Selector
from serving.snapshot import load_snapshot


@pytest.fixture
def selector(tmp_path: Path) -> Selector:
    return Selector(ModelStore(tmp_path / "models", "tessera-", 50_000_000, trial_load=False), "tessera-")


def choose(selector: Selector, registry: Any, before: Selection | None = None, snapshot: Any = None) -> Selection:
    return selector.select(registry, registry.champions("tessera-"), before, snapshot)


def versions(selection: Selection) -> dict[str, str]:
    return {each.name: each.version for each in selection.models()}


def test_the_champions_serve(selector: Selector, registry: Any) -> None:
    assert versions(choose(selector, registry)) == {"tessera-global": "1", "tessera-s1": "1"}


def test_a_registered_version_without_the_alias_does_not_serve(
    selector: Selector, registry: Any, artifacts: Path
) -> None:
    registry.add("tessera-s2", "1", artifacts / "s2", champion=False, parent_version="1")
    assert "s2" not in choose(selector, registry).heads


def test_a_head_proved_on_another_parent_does_not_serve_and_says_why(
    selector: Selector, registry: Any, artifacts: Path
) -> None:
    registry.add("tessera-s2", "4", artifacts / "s2", parent_version="9")
    chosen = choose(selector, registry)
    assert set(chosen.heads) == {"s1"}
    assert "version 4 was measured against global version 9, but version 1 is live" in chosen.notes["s2"]


def test_a_new_parent_retires_every_head_until_it_is_proved_again(
    selector: Selector, registry: Any, artifacts: Path
) -> None:
    before = choose(selector, registry)
    registry.add("tessera-global", "2", artifacts / "global")
    after = choose(selector, registry, before)
    assert versions(after) == {"tessera-global": "2"}
    assert "global version 1" in after.notes["s1"]
    registry.add("tessera-s1", "2", artifacts / "s1", parent_version="2")
    assert versions(choose(selector, registry, after)) == {"tessera-global": "2", "tessera-s1": "2"}


def test_a_refused_champion_leaves_its_predecessor_in_place_f19(
    selector: Selector, registry: Any, artifacts: Path
) -> None:
    before = choose(selector, registry)
    registry.add("tessera-s1", "2", artifacts / "s2", parent_version="1")
    after = choose(selector, registry, before)
    assert versions(after)["tessera-s1"] == "1"
    assert "'s2'" in after.notes["s1"]
    assert list(selector.refusals()) == ["tessera-s1 2"]


def test_a_refused_version_is_not_downloaded_at_every_look(selector: Selector, registry: Any, artifacts: Path) -> None:
    registry.add("tessera-s1", "2", artifacts / "s2", parent_version="1")
    chosen = choose(selector, registry)
    fetched = registry.fetched
    again = choose(selector, registry, chosen)
    assert registry.fetched == fetched
    assert again.notes == chosen.notes


def test_a_model_that_cannot_answer_is_refused_at_its_warm_up(
    selector: Selector, registry: Any, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = load_snapshot(config.snapshots)
    before = choose(selector, registry, snapshot=snapshot)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("half a model")

    monkeypatch.setattr(SegmentHead, "recommend", broken)
    registry.add("tessera-s1", "2", registry.folders[("tessera-s1", "1")], parent_version="1")
    after = choose(selector, registry, before, snapshot)
    assert versions(after)["tessera-s1"] == "1"
    assert "cannot answer" in after.notes["s1"]


def test_an_alias_taken_away_makes_the_parent_serve(selector: Selector, registry: Any) -> None:
    before = choose(selector, registry)
    del registry.aliases["tessera-s1"]
    assert versions(choose(selector, registry, before)) == {"tessera-global": "1"}


def test_a_registry_that_forgot_the_global_model_is_not_believed_f24(selector: Selector, registry: Any) -> None:
    before = choose(selector, registry)
    registry.folders.clear()
    registry.aliases.clear()
    with pytest.raises(RegistryError, match="knows no model 'tessera-global' any more"):
        choose(selector, registry, before)


def test_without_a_global_champion_no_head_serves(selector: Selector, registry: Any) -> None:
    del registry.aliases["tessera-global"]
    chosen = choose(selector, registry)
    assert chosen.models() == []
    assert "no global model is live" in chosen.notes["s1"]


def test_a_model_of_a_segment_that_no_longer_lives_is_not_loaded_f13(
    selector: Selector, registry: Any, config: Any, artifacts: Path
) -> None:
    registry.add("tessera-s9", "1", artifacts / "s1", parent_version="1")
    chosen = choose(selector, registry, snapshot=load_snapshot(config.snapshots))
    assert set(chosen.heads) == {"s1"}
    assert "s9" not in chosen.notes


def test_the_last_good_state_comes_back_from_disk_f25(selector: Selector, registry: Any, tmp_path: Path) -> None:
    assert selector.from_disk() is None
    chosen = choose(selector, registry)
    again = Selector(ModelStore(tmp_path / "models", "tessera-", 50_000_000, trial_load=False), "tessera-")
    restored = again.from_disk()
    assert restored is not None
    assert versions(restored) == versions(chosen)


def test_from_disk_a_head_of_another_parent_stays_out(
    selector: Selector, registry: Any, artifacts: Path, tmp_path: Path
) -> None:
    chosen = choose(selector, registry)
    head = artifact.load(artifacts / "s1")
    stale = type(chosen.heads["s1"])("tessera-s1", "1", head, {"parent_version": "8"})
    ModelStore(tmp_path / "models", "tessera-", 1, trial_load=False).remember([chosen.models()[0], stale])
    restored = selector.from_disk()
    assert restored is not None
    assert versions(restored) == {"tessera-global": "1"}
