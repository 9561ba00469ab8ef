from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from recommender.head import SegmentHead
from recommender.spine import Spine
from serving.errors import ModelRefusedError, RegistryError
from serving.models import ModelStore, announced_files


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", "tessera-", 50_000_000, trial_load=False)


def altered(source: Path, target: Path, pattern: str, reseal: bool) -> Path:
    """A copy with one file cut in half; ``reseal`` makes the manifest agree with the damage."""
    shutil.copytree(source, target)
    victim = next(iter(sorted(target.glob(pattern))))
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    if reseal:
        manifest = json.loads((target / "manifest.json").read_text())
        content = victim.read_bytes()
        manifest["files"][victim.name] = [hashlib.sha256(content).hexdigest(), len(content)]
        (target / "manifest.json").write_text(json.dumps(manifest))
    return target


def test_a_version_is_downloaded_once_and_then_loaded_from_disk(store: ModelStore, registry: Any) -> None:
    served = store.obtain(registry, "tessera-global", "1", {"as_of": "2026-02-15"})
    assert isinstance(served.model, Spine)
    fetched = registry.fetched
    assert isinstance(store.obtain(registry, "tessera-global", "1", {}).model, Spine)
    assert registry.fetched == fetched


def test_a_damaged_local_copy_is_downloaded_again(store: ModelStore, registry: Any, tmp_path: Path) -> None:
    store.obtain(registry, "tessera-s1", "1", {})
    victim = next((tmp_path / "models/tessera-s1/1").glob("*.json"))
    victim.write_text("{}")
    assert isinstance(store.obtain(registry, "tessera-s1", "1", {}).model, SegmentHead)


def test_a_truncated_file_is_refused_before_it_is_parsed_f19(
    store: ModelStore, registry: Any, artifacts: Path, tmp_path: Path
) -> None:
    registry.add("tessera-global", "2", altered(artifacts / "global", tmp_path / "bad", "*.txt", reseal=False))
    with pytest.raises(ModelRefusedError, match="tessera-global"):
        store.obtain(registry, "tessera-global", "2", {})
    assert not (tmp_path / "models/tessera-global/2").exists()
    assert not list((tmp_path / "models").glob(".draft-*"))


def test_another_segments_model_is_refused_f19(store: ModelStore, registry: Any, artifacts: Path) -> None:
    registry.add("tessera-s1", "2", artifacts / "s2")
    with pytest.raises(ModelRefusedError, match=r"'s1'.*'s2'"):
        store.obtain(registry, "tessera-s1", "2", {})


def test_a_file_that_kills_its_parser_kills_the_trial_and_not_the_api_f19(
    tmp_path: Path, registry: Any, artifacts: Path
) -> None:
    """Truncated model text under a manifest that agrees with it: only loading it can show the damage."""
    registry.add("tessera-global", "2", altered(artifacts / "global", tmp_path / "bad", "*.txt", reseal=True))
    careful = ModelStore(tmp_path / "models", "tessera-", 50_000_000, trial_load=True)
    with pytest.raises(ModelRefusedError, match="trial load ended with code"):
        careful.obtain(registry, "tessera-global", "2", {})


def test_a_sound_spine_passes_its_trial(tmp_path: Path, registry: Any) -> None:
    careful = ModelStore(tmp_path / "models", "tessera-", 50_000_000, trial_load=True)
    assert isinstance(careful.obtain(registry, "tessera-global", "1", {}).model, Spine)


def test_a_version_of_too_many_bytes_is_not_downloaded_f20(tmp_path: Path, registry: Any) -> None:
    small = ModelStore(tmp_path / "models", "tessera-", 100, trial_load=False)
    with pytest.raises(ModelRefusedError, match="more than 100 bytes"):
        small.obtain(registry, "tessera-global", "1", {})


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\..\\b", "."])
def test_a_manifest_that_leaves_its_folder_is_refused_f20(tmp_path: Path, name: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"files": {name: ["0" * 64, 1]}}))
    with pytest.raises(ModelRefusedError, match="no file of the model"):
        announced_files(path)


@pytest.mark.parametrize("text", ["", "[]", '{"files": 3}', '{"files": {"a": 1}}', "<html>"])
def test_something_else_than_a_manifest_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ModelRefusedError, match="not a model's manifest"):
        announced_files(path)


@pytest.mark.parametrize(("name", "version"), [("tessera-../x", "1"), ("tessera-s1", "../1"), ("tessera-s1", "")])
def test_names_that_are_no_folder_are_refused(store: ModelStore, registry: Any, name: str, version: str) -> None:
    with pytest.raises(ModelRefusedError, match="cannot name a folder"):
        store.obtain(registry, name, version, {})


def test_what_served_last_is_remembered_over_a_restart_f25(store: ModelStore, registry: Any, tmp_path: Path) -> None:
    served = [store.obtain(registry, name, "1", registry.tags(name, "1")) for name in ("tessera-global", "tessera-s1")]
    store.remember(served)
    again = ModelStore(tmp_path / "models", "tessera-", 50_000_000, trial_load=False).remembered()
    assert [(each.name, each.version, each.parent_version) for each in again] == [
        ("tessera-global", "1", ""),
        ("tessera-s1", "1", "1"),
    ]


def test_a_damaged_copy_is_not_remembered(store: ModelStore, registry: Any, tmp_path: Path) -> None:
    store.remember([store.obtain(registry, "tessera-s1", "1", {})])
    next((tmp_path / "models/tessera-s1/1").glob("*.json")).write_text("{")
    assert store.remembered() == []


def test_a_download_that_breaks_off_leaves_nothing_behind(store: ModelStore, registry: Any, tmp_path: Path) -> None:
    registry.down = True
    with pytest.raises(RegistryError):
        store.obtain(registry, "tessera-s1", "1", {})
    assert not list((tmp_path / "models").glob(".draft-*"))
    assert not (tmp_path / "models/tessera-s1/1").exists()
