from __future__ import annotations

from pathlib import Path

from benchmarks.kept import Kept, Rows


def test_what_was_finished_is_not_made_again(tmp_path: Path) -> None:
    made: list[str] = []

    def piece(name: str) -> Rows:
        made.append(name)
        return [{"name": name, "gain": float("inf"), "serves": True}]

    file = tmp_path / "worlds.json"
    first = Kept(file).rows("one", lambda: piece("one"))
    assert Kept(file).rows("one", lambda: piece("again")) == first
    Kept(file).rows("two", lambda: piece("two"))
    Kept().rows("one", lambda: piece("nothing is kept"))
    assert made == ["one", "two", "nothing is kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["worlds.json"]
