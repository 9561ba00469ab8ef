"""The whole bench on a small split: every model is measured, and the budget holds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import topn


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Users like every third item; tables of train, test and valid."""
    rng = np.random.default_rng(6)
    taste = np.arange(90)[:, None] % 3 == np.arange(60) % 3
    pairs = pd.DataFrame(np.argwhere(rng.random((90, 60)) < np.where(taste, 0.6, 0.05)), columns=["who", "what"])
    part = rng.choice(3, len(pairs), p=[0.7, 0.15, 0.15])
    folder = tmp_path_factory.mktemp("split")
    paths = [folder / f"{name}.parquet" for name in ("train", "test", "valid")]
    for number, path in enumerate(paths):
        pairs[part == number].to_parquet(path)
    return paths


@pytest.mark.parametrize(("mask", "valid"), [("train", True), ("train+valid", True), ("train", False)])
def test_every_model_is_measured_and_the_protocol_is_said(
    tables: list[Path], mask: str, valid: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test, held = map(str, tables)
    extra = ["--valid", held] if valid else []
    arguments = [train, test, *extra, "--k", "5", "--mask", mask, "--trials", "2"]
    monkeypatch.setattr("sys.argv", ["topn.py", *arguments])
    topn.main()
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert f"{mask} masked" in figures["protocol"]
    assert figures["spine"]["ndcg"] > figures["popularity"]["ndcg"]
    assert set(figures["blend"]) == {"popularity", "ease", "als"}
    assert figures["best_single"]["model"] in {"ease", "als"}
    assert figures["als_gain"] == pytest.approx(figures["als_tuned"]["ndcg"] / figures["als_default"]["ndcg"] - 1)
    assert figures["skipped"] == []
    assert figures["spent_seconds"] < figures["budget_seconds"]


def test_what_the_budget_leaves_no_time_for_is_named(
    tables: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["topn.py", *map(str, tables[:2]), "--trials", "1", "--budget-minutes", "0.0001"])
    topn.main()
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["spine"]["ndcg"] > 0, "the spine is measured in any case"
    assert {"als_default", "default_search"} <= set(figures["skipped"])
