import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.preprocessing import RatingMeans

ROWS = st.lists(st.tuples(st.sampled_from("uvw"), st.sampled_from("abcd"), st.integers(1, 5)), min_size=1, max_size=20)


def _frame(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_id", "item_id", "value"]).astype({"value": "float64"})


@given(rows=ROWS, strength=st.floats(0.5, 20))
def test_offsets_are_shrunken_sums_of_residuals(rows: list, strength: float) -> None:
    frame = _frame(rows)
    model = RatingMeans.fit(frame, strength=strength)
    mean = np.mean([value for _, _, value in rows])
    item = {
        name: sum(v - mean for _, i, v in rows if i == name) / (sum(i == name for _, i, _ in rows) + strength)
        for name in {i for _, i, _ in rows}
    }
    own = [v - mean - item[i] for u, i, v in rows if u == "u"]
    expected = mean + item[rows[0][1]] + sum(own) / (len(own) + strength)
    assert model.predict(frame, ["u"], [rows[0][1]])[0] == pytest.approx(expected)


@given(rows=ROWS)
def test_a_restored_model_predicts_the_same_bits(rows: list) -> None:
    frame = _frame(rows)
    model = RatingMeans.fit(frame)
    restored = RatingMeans.from_state(*model.state())
    pairs = (frame, ["u", "v", "new"], ["a", "b", "new"])
    assert restored.predict(*pairs).tobytes() == model.predict(*pairs).tobytes()


def test_strangers_get_the_mean() -> None:
    model = RatingMeans.fit(_frame([("u", "a", 5), ("v", "b", 1)]))
    assert model.predict(_frame([]), ["new"], ["new"])[0] == 3.0


def test_the_estimated_strength_is_the_ratio_of_the_variances() -> None:
    rng = np.random.default_rng(3)
    rows = [(f"u{n}", f"i{n % 400}", 3 + item) for n, item in enumerate(np.tile(rng.normal(0, 0.5, 400), 50))]
    frame = _frame(rows)
    frame["value"] += rng.normal(0, 1.0, len(frame))
    assert RatingMeans.fit(frame).item_strength == pytest.approx(4.0, rel=0.2)


def test_shrunken_means_predict_better_than_plain_ones_and_the_mean() -> None:
    rng = np.random.default_rng(4)
    users, items = rng.integers(0, 150, 1200), rng.integers(0, 100, 1200)
    taste, quality = rng.normal(0, 0.4, 150), rng.normal(0, 0.5, 100)
    frame = _frame([(f"u{u}", f"i{i}", 3.5 + taste[u] + quality[i]) for u, i in zip(users, items, strict=True)])
    frame["value"] += rng.normal(0, 0.9, len(frame))
    train, test = frame[:800], frame[800:]

    def rmse(model: RatingMeans) -> float:
        predicted = model.predict(train, test["user_id"], test["item_id"])
        return float(np.sqrt(((predicted - test["value"]) ** 2).mean()))

    shrunken = rmse(RatingMeans.fit(train))
    assert shrunken < rmse(RatingMeans.fit(train, strength=0.0))
    assert shrunken < float(np.sqrt(((test["value"] - train["value"].mean()) ** 2).mean()))


def test_ratings_without_points_are_refused() -> None:
    with pytest.raises(ValueError, match="1 without: drop those first"):
        RatingMeans.fit(_frame([("u", "a", np.nan)]))
