from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.reporting import data_folder, finish, measured, show


def test_the_last_line_is_one_json_object_of_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    show("Table", [{"model": "a", "ndcg": 0.12345}, {"model": "b", "ndcg": None}], "time split, k=10")
    finish({"ndcg": np.float32(0.5), "nothing": float("nan"), "users": [np.int64(3)]})
    lines = capsys.readouterr().out.splitlines()
    figures = json.loads(lines[-1])
    assert (figures["ndcg"], figures["nothing"], figures["users"]) == (0.5, None, [3])
    assert {"peak_rss_mb", "total_wall_seconds", "total_cpu_seconds", "cores"} <= set(figures)
    assert any("0.1235" in line or "0.1234" in line for line in lines)
    assert any("time split, k=10" in line for line in lines)


def test_missing_data_end_with_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    with pytest.raises(SystemExit, match=r"shop/events\.parquet, which does not exist"):
        data_folder("shop", ["events.parquet"], root=tmp_path)
    assert data_folder("shop", root=tmp_path) == tmp_path / "shop"


def test_work_gives_its_value_and_its_cost() -> None:
    value, cost = measured(lambda: sum(range(1000)))
    assert value == 499500
    assert set(cost.figures("fit_")) == {"fit_wall_seconds", "fit_cpu_seconds"}
    assert cost.wall_seconds >= 0
