from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tessera.cli import app
from tessera.errors import SettingsError
from tessera.segment_comparison import SegmentComparison, load_candidates
from tessera.settings import Settings
from tests.tessera.conftest import FIT_DAYS
from training.backtest import FoldsMissingError
from warehouse.store import Store

pytestmark = pytest.mark.xdist_group("shop")
Shop = Callable[..., Settings]
RULES = """
[women]
k_range = [1, 1]
minimum_size = 10
rules = [{ name = "women", label = "Women", rule = "gender == 'F'" }]
"""


def test_candidates_are_shown_and_written(small_shop: Shop, tmp_path: Path) -> None:
    small_shop()
    (tmp_path / "own.toml").write_text(RULES)
    arguments = ["segment", "--as-of", str(FIT_DAYS[-1]), "--compare", "--candidates", str(tmp_path / "own.toml")]
    shown = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out.json")])
    assert shown.exit_code == 0, shown.output
    assert "women" in shown.output
    row = json.loads((tmp_path / "out.json").read_text())["segmentations"][0]
    assert row["segments"] == 2
    assert row["stability"] == pytest.approx(1.0)
    assert row["events"] > 0
    assert row["head_gain"] is None


def test_heads_need_the_parents_windows(small_shop: Shop, tmp_path: Path) -> None:
    settings = small_shop()
    comparison = SegmentComparison(Store(settings.lake), settings, FIT_DAYS[-1])
    with pytest.raises(FoldsMissingError, match="train the global model first"):
        comparison.run({"bands": settings.segmentation}, heads=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [("[x]\nmethod = 'dbscan'", "'x'"), ("[x]\nclusters = 3", "clusters"), ("x = 1", "'x'"), ("[", "cannot be read")],
)
def test_a_wrong_candidate_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_candidates(file)
