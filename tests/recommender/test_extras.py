"""A missing optional library is named together with its extra."""

from __future__ import annotations

import json

import pytest

from recommender.extras import extra


def test_an_installed_library_is_imported() -> None:
    assert extra("json", "anything") is json


def test_a_missing_library_names_the_extra_that_brings_it() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"'no_such_library'.*tessera\[neural\]"):
        extra("no_such_library", "neural")
