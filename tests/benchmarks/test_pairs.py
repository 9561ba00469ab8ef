from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pairs import held_out, read_pairs

ROWS = [("3", "7"), ("3", "8"), ("5", "7")]


def _rows(pairs: pd.DataFrame) -> list[tuple[str, str]]:
    return list(pairs[["user_id", "item_id"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("columns", [("a", "b"), ("user_idx", "item_idx"), ("uid", "iid")])
def test_two_id_columns_are_read_whatever_their_names(tmp_path: Path, columns: tuple[str, str]) -> None:
    pd.DataFrame([(3, 7), (3, 8), (5, 7), (5, 7)], columns=columns).to_parquet(tmp_path / "t.parquet")
    assert _rows(read_pairs(tmp_path / "t.parquet")) == ROWS


def test_columns_named_after_users_and_items_are_found_among_others(tmp_path: Path) -> None:
    frame = pd.DataFrame({"item": [7, 8, 7], "rating": [1.0, 2.0, 3.0], "user": [3, 3, 5]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert _rows(read_pairs(tmp_path / "t.parquet")) == ROWS


def test_the_text_format_has_one_user_a_line(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("3 7 8\n5 7\n9\n\n")
    assert _rows(read_pairs(tmp_path / "train.txt")) == ROWS


def test_what_cannot_be_read_ends_with_advice(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1], "b": [2], "c": [3]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SystemExit, match="expected two id columns"):
        read_pairs(tmp_path / "t.parquet")
    with pytest.raises(SystemExit, match="there is no such file"):
        read_pairs(tmp_path / "none.parquet")


@given(st.integers(0, 100), st.floats(0.05, 0.5))
@settings(max_examples=20, deadline=None)
def test_held_out_pairs_are_a_part_of_every_user_and_never_all(seed: int, share: float) -> None:
    pairs = pd.DataFrame([(f"u{u}", f"i{i}") for u in range(12) for i in range(u + 1)], columns=["user_id", "item_id"])
    train, held = held_out(pairs, share, seed)
    assert sorted(_rows(train) + _rows(held)) == sorted(_rows(pairs))
    assert set(train["user_id"]) == set(pairs["user_id"])
    assert set(held["user_id"]) == set(pairs["user_id"]) - {"u0"}
    assert _rows(held_out(pairs, share, seed)[1]) == _rows(held)
