import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.preprocessing import PreprocessingSettings, TableEncoding

USERS = pd.DataFrame(
    {
        "user_id": ["u", "v", "w", "x"],
        "age": [30.0, 40.0, np.nan, np.inf],
        "visits": [1, 2, 3, 4],
        "never": [np.nan] * 4,
        "gender": ["f", "m", None, "f"],
        "country": ["at"] * 4,
        "tags": [["a"], ["b"], [], ["c"]],
        "as_of": ["2026-03-01"] * 4,
    }
)
IMPUTE = PreprocessingSettings(missing="impute")
FRAMES = st.lists(
    st.tuples(st.floats(width=32) | st.none(), st.integers(-5, 5), st.sampled_from(["a", "b", "c", "dé", None])),
    min_size=1,
    max_size=12,
)
SETTINGS = st.builds(
    PreprocessingSettings,
    missing=st.sampled_from(["native", "impute"]),
    outliers=st.sampled_from(["keep", "iqr", "zscore"]),
    reach=st.floats(0.1, 3),
    labels=st.integers(1, 4),
    buckets=st.integers(2, 5),
)


def _frame(rows: list[tuple[float | None, int, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["amount", "count", "label"])
    return frame.assign(amount=frame["amount"].astype("float64"))


@settings(max_examples=30)
@given(rows=FRAMES, others=FRAMES, chosen=SETTINGS)
def test_a_restored_encoding_gives_identical_bytes(rows: list, others: list, chosen: PreprocessingSettings) -> None:
    fitted = TableEncoding.fit(_frame(rows), chosen)
    restored = TableEncoding.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    assert restored == fitted
    for frame in (_frame(rows), _frame(others)):
        assert restored.transform(frame).tobytes() == fitted.transform(frame).tobytes()


@settings(max_examples=30)
@given(rows=FRAMES, others=FRAMES, chosen=SETTINGS)
def test_a_row_is_encoded_the_same_alone_and_in_a_batch(
    rows: list, others: list, chosen: PreprocessingSettings
) -> None:
    fitted, batch = TableEncoding.fit(_frame(rows), chosen), _frame(others)
    alone = [fitted.transform(batch.iloc[[n]]) for n in range(len(batch))]
    assert np.concatenate(alone).tobytes() == fitted.transform(batch).tobytes()


@settings(max_examples=30)
@given(rows=FRAMES, others=FRAMES)
def test_imputed_amounts_are_never_missing(rows: list, others: list) -> None:
    fitted = TableEncoding.fit(_frame(rows), IMPUTE)
    amounts = len(fitted.amounts.names)
    assert np.isfinite(fitted.transform(_frame(others))[:, :amounts]).all()


def test_amounts_come_first_then_indicators_then_labels() -> None:
    fitted = TableEncoding.fit(USERS, IMPUTE)
    assert fitted.names == ("age", "visits", "age_missing", "gender")
    assert fitted.categorical == ("gender",)
    np.testing.assert_array_equal(
        fitted.transform(USERS), [[30, 1, 0, 0], [40, 2, 0, 1], [35, 3, 1, np.nan], [35, 4, 1, 0]]
    )


def test_missing_amounts_stay_missing_by_default() -> None:
    fitted = TableEncoding.fit(USERS, PreprocessingSettings())
    assert fitted.names == ("age", "visits", "gender")
    np.testing.assert_array_equal(fitted.transform(USERS)[:, 0], [30, 40, np.nan, np.nan])


def test_columns_that_say_nothing_are_left_out_and_named() -> None:
    fitted = TableEncoding.fit(USERS, PreprocessingSettings())
    assert fitted.left_out == ("country", "never")
    assert fitted.report(USERS)["left_out"] == ["country", "never"]


def test_a_frame_without_the_columns_is_missing_throughout() -> None:
    fitted = TableEncoding.fit(USERS, IMPUTE)
    bare = fitted.transform(USERS[["user_id"]])
    np.testing.assert_array_equal(bare[0], [35, 2.5, 1, np.nan])


def test_an_empty_table_has_no_columns() -> None:
    fitted = TableEncoding.fit(USERS[["user_id"]], PreprocessingSettings())
    assert fitted.transform(USERS).shape == (4, 0)


@pytest.mark.parametrize("rule", ["iqr", "zscore"])
def test_outliers_are_capped_at_both_ends_and_counted(rule: str) -> None:
    usual = np.random.default_rng(1).normal(0, 1, 500)
    frame = pd.DataFrame({"amount": [*usual, 1e6, -1e6, -1e6]})
    settings = PreprocessingSettings(outliers=rule, reach=3 if rule == "iqr" else 0.01)  # type: ignore[arg-type]
    fitted = TableEncoding.fit(frame, settings)
    values = fitted.transform(frame)[:, 0]
    (low, high) = fitted.amounts.caps[0]
    assert values.max() == np.float32(high) < 1e6  # type: ignore[operator]
    assert values.min() == np.float32(low) > -1e6  # type: ignore[operator]
    counts = fitted.report(frame)["columns"]["amount"]
    if rule == "iqr":
        assert counts == {"below": 2, "above": 1}


def test_a_long_tail_is_judged_on_a_log_scale() -> None:
    spend = np.random.default_rng(2).lognormal(3, 1.5, 2000)
    frame = pd.DataFrame({"spend": [*spend, 1e12]})
    fitted = TableEncoding.fit(frame, PreprocessingSettings(outliers="iqr", reach=3))
    assert fitted.report(frame)["columns"]["spend"] == {"above": 1}


def test_a_column_of_nearly_equal_values_is_not_capped() -> None:
    frame = pd.DataFrame({"returns": [0] * 9 + [5]})
    fitted = TableEncoding.fit(frame, PreprocessingSettings(outliers="iqr"))
    assert fitted.transform(frame)[:, 0].tolist() == [0] * 9 + [5]


def test_many_values_are_hashed_and_few_are_coded() -> None:
    frame = pd.DataFrame({"city": [f"c{n}" for n in range(200)], "tier": ["low", "high"] * 100})
    fitted = TableEncoding.fit(frame, PreprocessingSettings(labels=10, buckets=16))
    encoded = dict(zip(fitted.names, fitted.transform(frame).T, strict=True))
    assert set(encoded["city"]) == set(range(16))
    assert set(encoded["tier"]) == {0, 1}
    assert fitted.report(frame)["hashed"] == {"city": 16}


def test_a_hashed_column_knows_values_it_never_met_and_a_coded_one_does_not() -> None:
    frame = pd.DataFrame({"city": [f"c{n}" for n in range(20)], "tier": ["low", "high"] * 10})
    fitted = TableEncoding.fit(frame, PreprocessingSettings(labels=10, buckets=16))
    strange = fitted.transform(pd.DataFrame({"city": ["elsewhere", None], "tier": ["middle", None]}))
    assert np.isfinite(strange[0, 0])
    assert np.isnan(strange[0, 1])
    assert np.isnan(strange[1]).all()
