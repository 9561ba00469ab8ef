from __future__ import annotations

from tessera.overview.keeping import Keeping


def test_a_value_is_made_once_a_version() -> None:
    kept, made = Keeping(), []
    for version in (1, 1, 2, 2):
        assert kept.keep("rows", version, lambda version=version: made.append(version) or version) == version
    assert made == [1, 2]


def test_the_least_used_goes_first() -> None:
    kept, made = Keeping(most=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.keep(key, 1, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]
