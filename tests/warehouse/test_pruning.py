from __future__ import annotations

from pathlib import Path

from warehouse.pruning import use_folder


def test_of_the_folders_in_a_folder_those_used_last_stay(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abcd"]
    for folder in folders:
        folder.mkdir()
        (folder / "rows").touch()
        use_folder(folder, keep=3)
    use_folder(folders[1], keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "d"]


def test_a_folder_that_another_task_removed_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    use_folder(tmp_path / "gone", keep=1)
    assert (tmp_path / "there").exists()
