from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tessera.champion_moves import move
from tessera.errors import TesseraError
from training.ledger import Ledger
from training.promotion import Promoter
from training.registry import Registry
from training.versions import Version


class Shelf:
    """A registry in memory; its promotions go through the real writer."""

    def __init__(self, folder: Path, *versions: str) -> None:
        self._versions = versions
        self._held: dict[str, str] = {}
        writer = Promoter(self, Ledger(folder / "promotions.jsonl"))
        self.promote, self.rollback = writer.promote, writer.rollback

    def versions(self, name: str) -> list[Version]:
        return [self.version(name, number) for number in self._versions] if name == "tessera-s1" else []

    def version(self, name: str, version: str) -> Version:
        return Version(name, version, "run", {"as_of": f"2026-06-0{version}"})

    def champion(self, name: str) -> Version | None:
        return self.version(name, self._held[name]) if name in self._held else None

    def point(self, name: str, version: str | None) -> None:
        if version is None:
            del self._held[name]
        else:
            self._held[name] = version


@pytest.fixture
def shelf(tmp_path: Path) -> Registry:
    return cast(Registry, Shelf(tmp_path, "1", "2"))


def moved(shelf: Registry, *wanted: Any) -> str | None:
    found: str | None = move(shelf, "s1", *wanted, reason="asked")["champion"]
    return found


def test_a_version_is_promoted_and_rolled_back(shelf: Registry) -> None:
    assert moved(shelf, "promote", "1", None) == "1"
    assert moved(shelf, "promote", "2", "1") == "2"
    assert moved(shelf, "rollback", "", "2") == "1"
    assert moved(shelf, "rollback", "", "1") is None, "the parent serves again"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (("rollback", "", "1"), "expected the champion 1, found 2: look again"),
        (("promote", "1", "1"), r"conflict\): expected the champion 1, found 2"),
        (("promote", "1", "2"), r"older\): as of 2026-06-01 is older"),
        (("promote", "7", "2"), "has no version '7': there are 1, 2"),
        (("demote", "1", "2"), "'promote' or 'rollback'; found 'demote'"),
    ],
)
def test_what_cannot_be_moved_is_refused_in_words_and_stays(
    shelf: Registry, wanted: tuple[str, str, str], why: str
) -> None:
    moved(shelf, "promote", "2", None)
    with pytest.raises(TesseraError, match=why):
        moved(shelf, *wanted)
    champion = shelf.champion("tessera-s1")
    assert champion is not None
    assert champion.version == "2"


def test_a_segment_without_models_is_named(shelf: Registry) -> None:
    with pytest.raises(TesseraError, match="no model was ever registered for segment 's9'"):
        move(shelf, "s9", "rollback", "", None)
