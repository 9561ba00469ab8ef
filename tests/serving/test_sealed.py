from __future__ import annotations

from pathlib import Path

import pytest

from serving import sealed
from serving.errors import SnapshotError


def publish(folder: Path, content: str, label: str = "v", keep: int = 3) -> Path:
    with sealed.new_version(folder, label, {"n": 1}, keep) as draft:
        (draft / "file").write_text(content)
    return sealed.current(folder)


def test_equal_content_is_the_same_version(tmp_path: Path) -> None:
    first = publish(tmp_path, "a")
    assert publish(tmp_path, "a") == first
    assert publish(tmp_path, "b") != first


def test_a_write_that_fails_half_way_leaves_the_old_version_and_no_draft_f1(tmp_path: Path) -> None:
    before = publish(tmp_path, "a")
    with pytest.raises(FileNotFoundError), sealed.new_version(tmp_path, "v", {}, 3) as draft:
        (draft / "no folder" / "file").write_text("half")
    assert sealed.current(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([sealed.POINTER, before.name])


def test_a_changed_byte_is_found_before_anything_is_parsed_f19(tmp_path: Path) -> None:
    version = publish(tmp_path, "abc")
    (version / "file").write_text("abd")
    with pytest.raises(SnapshotError, match="file: expected sha256"):
        sealed.verified_facts(version)


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    version = publish(tmp_path, "abc")
    (version / "file").unlink()
    with pytest.raises(SnapshotError, match="no file"):
        sealed.verified_facts(version)


def test_publishing_again_repairs_a_damaged_version(tmp_path: Path) -> None:
    version = publish(tmp_path, "abc")
    (version / "file").write_text("damaged")
    assert publish(tmp_path, "abc") == version
    assert sealed.verified_facts(version) == {"n": 1}


def test_only_the_newest_versions_stay(tmp_path: Path) -> None:
    last = [publish(tmp_path, str(n), keep=2) for n in range(5)][-1]
    versions = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(versions) == 2
    assert last in versions


@pytest.mark.parametrize("pointer", ["", "../elsewhere", "v-000000000000", "\n"])
def test_a_pointer_to_nothing_is_refused(tmp_path: Path, pointer: str) -> None:
    publish(tmp_path, "a")
    (tmp_path / sealed.POINTER).write_text(pointer)
    with pytest.raises(SnapshotError, match="no version here"):
        sealed.current(tmp_path)


def test_an_unpublished_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="publish recommendations first"):
        sealed.current(tmp_path / "nothing")
