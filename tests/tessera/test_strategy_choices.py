"""Every place that offers strategies offers those that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tessera.test_cli import run
from training.strategies import STRATEGIES

ROOT = Path(__file__).parents[2]
PLACES = ("dags/train_segments.py", "tessera/cli/models.py", "examples/segments.yaml")


@pytest.mark.parametrize("place", PLACES)
def test_every_strategy_is_offered(place: str) -> None:
    words = set(re.findall(r"[a-z_]+", (ROOT / place).read_text()))
    assert set(STRATEGIES) <= words


def test_an_unknown_strategy_is_refused_on_the_command_line() -> None:
    assert "magic" in run("train", "--as-of", "2026-03-08", "--strategy", "magic", expect=2)
