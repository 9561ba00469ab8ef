"""Tables of user,item pairs: Parquet with two id columns, or the text format of LightGCN."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from warehouse.columns import ITEM, USER

Pairs = pd.DataFrame


def read_pairs(path: Path) -> Pairs:
    """Distinct pairs ``user_id item_id`` as strings; ends the program with advice when they cannot be read.

    Args:
        path: ``*.parquet`` with two id columns of any names, or text with one line a user: ``user item item ...``.
    """
    if not path.is_file():
        sys.exit(f"expected a table of user,item pairs at {path}; there is no such file")
    found = _parquet(path) if path.suffix == ".parquet" else _text(path)
    if found.empty:
        sys.exit(f"expected pairs of a user and an item in {path}; found none")
    return found.drop_duplicates(ignore_index=True)


def held_out(pairs: Pairs, share: float, seed: int) -> tuple[Pairs, Pairs]:
    """Pairs to train on, and a seeded ``share`` of every user's pairs, at most all but one, to tune on."""
    lottery = np.random.default_rng(seed).random(len(pairs))
    order = pairs.assign(lottery=lottery).groupby(USER)["lottery"].rank(method="first")
    size = pairs.groupby(USER)[ITEM].transform("size")
    held = order <= np.minimum(np.ceil(size * share), size - 1)
    return pairs[~held].reset_index(drop=True), pairs[held].reset_index(drop=True)


def _parquet(path: Path) -> Pairs:
    table = pd.read_parquet(path)
    user, item = _named(list(table.columns), path)
    pairs = table[[user, item]].dropna()
    return pd.DataFrame({USER: _ids(pairs[user]), ITEM: _ids(pairs[item])})


def _named(columns: list[str], path: Path) -> tuple[str, str]:
    """The two id columns: by their names where those tell, else by their order."""
    users, items = ([name for name in columns if word in str(name).lower()] for word in ("user", "item"))
    if len(users) == len(items) == 1:
        return users[0], items[0]
    if len(columns) == 2:
        return columns[0], columns[1]
    return sys.exit(f"expected two id columns in {path}, or one named after users and one after items; found {columns}")


def _ids(column: pd.Series) -> pd.Series:
    # a column of whole numbers with a missing value was read as floats
    whole = column.astype("int64") if pd.api.types.is_float_dtype(column) else column
    return whole.astype(str).astype(object)


def _text(path: Path) -> Pairs:
    lines = [line.split() for line in path.read_text().splitlines()]
    users = [line[0] for line in lines if line for _ in line[1:]]
    items = [item for line in lines if line for item in line[1:]]
    return pd.DataFrame({USER: pd.Series(users, dtype=object), ITEM: pd.Series(items, dtype=object)})
