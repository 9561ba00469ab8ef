"""Saved models: equal when whole, refused when anything is wrong (faults F19 and F20)."""

from __future__ import annotations

import hashlib
import json
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender import storage
from recommender.artifact import MANIFEST, ArtifactError, load, save, verify
from recommender.head import SegmentHead
from recommender.history import History
from recommender.schema import schema_hash
from recommender.spine import Spine

HEAD = SegmentHead("s1", {"i001": 0.5, "i002": -0.25}, 2.0, {"als": 0.3}, parent_version="7")


@pytest.fixture
def saved(spine: Spine, tmp_path: Path) -> Path:
    save(spine, tmp_path / "model", {"snapshot": "interactions@3"})
    return tmp_path / "model"


def _forge(folder: Path, **changes: Any) -> None:
    """Edit the manifest and make its checksums fit the files again: an attacker who knows the format."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name in manifest["files"]:
        if (folder / name).is_file():
            content = (folder / name).read_bytes()
            manifest["files"][name] = (hashlib.sha256(content).hexdigest(), len(content))
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


def test_a_spine_comes_back_equal(saved: Path, spine: Spine, world_history: History, small_world: Any) -> None:
    loaded = load(saved, expect_segment="global")
    assert isinstance(loaded, Spine)
    mine, its = (s.recommend(world_history, small_world.people, 10) for s in (spine, loaded))
    np.testing.assert_array_equal(mine.items, its.items)
    np.testing.assert_array_equal(mine.scores, its.scores)
    assert (loaded.as_of, loaded.settings, loaded.schema) == (spine.as_of, spine.settings, spine.schema)
    assert verify(saved).facts == {"snapshot": "interactions@3"}


def test_a_head_comes_back_equal(tmp_path: Path) -> None:
    save(HEAD, tmp_path / "head", {})
    loaded = load(tmp_path / "head", expect_segment="s1")
    assert vars(loaded) == vars(HEAD)


def test_equal_models_give_equal_bytes(spine: Spine, tmp_path: Path) -> None:
    first, second = (save(spine, tmp_path / name, {"seed": 1}) for name in ("one", "two"))
    assert first == second


def test_saving_again_replaces_and_leaves_nothing_beside(saved: Path) -> None:
    save(HEAD, saved, {})
    assert isinstance(load(saved), SegmentHead)
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_a_failed_write_keeps_the_old_model(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_write_json", full_disk)
    with pytest.raises(OSError, match="No space"):
        save(HEAD, saved, {})
    assert isinstance(load(saved), Spine)
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_F19_a_truncated_file_is_refused_before_any_parser_sees_it(
    saved: Path, keep: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(storage.KINDS, "spine", None)  # type: ignore[arg-type]  # touching it would fail otherwise
    for name in verify(saved).files:
        whole = (saved / name).read_bytes()
        (saved / name).write_bytes(whole[: int(len(whole) * keep)])
        with pytest.raises(ArtifactError, match=r"expected \d+ bytes, found \d+"):
            load(saved)
        (saved / name).write_bytes(whole)


def test_F19_a_flipped_bit_in_any_file_is_refused(saved: Path) -> None:
    seed = 19
    print(f"seed {seed}")
    lottery = random.Random(seed)
    for name in verify(saved).files:
        whole = (saved / name).read_bytes()
        damaged = bytearray(whole)
        damaged[lottery.randrange(len(whole))] ^= 1 << lottery.randrange(8)
        (saved / name).write_bytes(damaged)
        with pytest.raises(ArtifactError, match="checksum differs"):
            load(saved)
        (saved / name).write_bytes(whole)
    verify(saved)


def test_F19_a_missing_file_is_refused(saved: Path) -> None:
    (saved / "ranker_1.txt").unlink()
    with pytest.raises(ArtifactError, match=r"missing \['ranker_1.txt'\]"):
        load(saved)


def test_F19_a_model_swapped_between_segments_is_refused(tmp_path: Path) -> None:
    save(HEAD, tmp_path / "head", {})
    with pytest.raises(ArtifactError, match=r"expected the model of segment 's2', found that of 's1'"):
        load(tmp_path / "head", expect_segment="s2")


def test_F19_a_manifest_relabelled_for_another_segment_is_refused(tmp_path: Path) -> None:
    save(HEAD, tmp_path / "head", {})
    _forge(tmp_path / "head", segment_id="s2")
    with pytest.raises(ArtifactError, match="manifest says 's2', the model says 's1'"):
        load(tmp_path / "head", expect_segment="s2")


def test_F19_reordered_features_are_refused(saved: Path) -> None:
    schema = verify(saved).feature_schema
    swapped = schema | {"items": list(reversed(schema["items"]))}
    _forge(saved, feature_schema=swapped)
    with pytest.raises(ArtifactError, match="feature schema does not match its hash"):
        load(saved)
    _forge(saved, feature_schema=swapped, feature_schema_hash=schema_hash(swapped))
    with pytest.raises(ArtifactError, match="other features than its manifest"):
        load(saved)


def test_F19_half_a_booster_with_forged_checksums_is_refused_without_a_crash(saved: Path) -> None:
    text = (saved / "ranker_0.txt").read_text()
    (saved / "ranker_0.txt").write_text(text[: len(text) // 2])
    _forge(saved)
    with pytest.raises(ArtifactError, match="not a whole LightGBM model"):
        load(saved)


def test_F20_a_pickle_is_refused_and_never_run(saved: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (trap,)

    (saved / "model.pkl").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ArtifactError, match=r"not in the manifest \['model.pkl'\]"):
        load(saved)
    (saved / "model.pkl").unlink()
    (saved / "generator_als.safetensors").write_bytes(pickle.dumps(Trap()))
    _forge(saved)
    with pytest.raises(ArtifactError, match="not safetensors"):
        load(saved)
    assert not trap.exists()


def test_F20_no_file_of_a_model_is_a_pickle_or_code(saved: Path) -> None:
    for path in saved.iterdir():
        assert path.suffix in {".safetensors", ".txt", ".json"}
        assert not path.read_bytes().startswith(b"\x80"), path.name


@pytest.mark.parametrize("name", ["../model.json", "/etc/passwd", "a/b.json", "model.pkl", "x.py", "MANIFEST.JSON", ""])
def test_F20_names_that_leave_the_folder_or_are_no_data_are_refused(saved: Path, name: str) -> None:
    files = json.loads((saved / MANIFEST).read_text())["files"]
    _forge(saved, files=files | {name: ["0" * 64, 1]})
    with pytest.raises(ArtifactError, match="file names"):
        verify(saved)


def test_F20_links_are_refused(saved: Path, tmp_path: Path) -> None:
    (saved / "model.json").rename(tmp_path / "elsewhere.json")
    (saved / "model.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ArtifactError, match="not a plain file"):
        verify(saved)


def test_F20_absurd_sizes_are_refused_before_reading(saved: Path) -> None:
    files = json.loads((saved / MANIFEST).read_text())["files"]
    _forge(saved, files=files | {"model.json": ["0" * 64, 2**50]})
    with pytest.raises(ArtifactError, match="more than a model may have"):
        verify(saved)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"files": 3}', "[" * 100_000])
def test_F20_a_manifest_that_is_none_is_refused(saved: Path, text: str) -> None:
    (saved / MANIFEST).write_text(text)
    with pytest.raises(ArtifactError, match="is not a manifest"):
        load(saved)


def test_an_unknown_kind_or_format_is_refused(saved: Path) -> None:
    for change in ({"kind": "pyfunc"}, {"format": 2}):
        _forge(saved, **({"kind": "spine", "format": 1} | change))
        with pytest.raises(ArtifactError, match="another version"):
            load(saved)


def test_an_empty_folder_is_not_a_model(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"it has no manifest\.json"):
        load(tmp_path)
