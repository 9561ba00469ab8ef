"""Numbers instead of texts: every id has its own, and the commonest text is found by them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import ibis
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.features.closing import VALUE_COLUMNS, numbered
from interactions.features.levels import values_met
from interactions.features.relations import Past
from warehouse.engine import duckdb_engine

ENGINE = duckdb_engine(threads=1)
names = st.text("ab", min_size=1, max_size=2)
met = st.lists(st.tuples(st.integers(-2, 3), st.sampled_from(VALUE_COLUMNS), names, st.integers(1, 3)), min_size=1)


def _table(rows: list[Any], columns: dict[str, str]) -> Any:
    return ibis.memtable(pd.DataFrame(rows, columns=list(columns))).cast(columns)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(met)
def test_the_commonest_level_is_the_one_of_most_days_and_the_first_by_name_among_equals(rows: list[Any]) -> None:
    table = _table(rows, {"user": "int32", "column": "string", "level": "string", "days": "int64"})
    past = replace(Past(*(None,) * 9), values=table)  # type: ignore[arg-type]
    found = ENGINE.to_pandas(values_met(past).commonest(VALUE_COLUMNS)).set_index("user")
    days: Counter[tuple[int, str, str]] = Counter()
    for user, column, level, count in rows:
        days[user, column, level] += count
    for user in {row[0] for row in rows}:
        for column in VALUE_COLUMNS:
            ranked = sorted((-count, level) for (u, c, level), count in days.items() if (u, c) == (user, column))
            value = found[f"_main_{column}"][user]
            assert value == ranked[0][1] if ranked else pd.isna(value)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.sets(names), st.lists(names))
def test_a_closing_s_numbers_stay_and_whoever_is_new_gets_one_of_their_own(closed: set[str], seen: list[str]) -> None:
    kept = {name: number for number, name in enumerate(sorted(closed))}
    before = _table(list(kept.items()), {"user_id": "string", "user": "int32"})
    ids = _table([(name,) for name in seen], {"user_id": "string"})
    given_out = ENGINE.to_pandas(numbered(ids, before, "user_id", "user"))
    numbers = dict(zip(given_out["user_id"], given_out["user"], strict=True))
    assert len(given_out) == len(numbers) == len(set(numbers.values()))
    assert numbers.keys() == closed | set(seen)
    assert numbers.items() >= kept.items()
    assert all(number < 0 for name, number in numbers.items() if name not in closed)
