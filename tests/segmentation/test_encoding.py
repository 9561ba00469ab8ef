import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import yeojohnson

from segmentation.encoding import fit_encoding, yeo_johnson
from segmentation.fitting import CLUSTER_FEATURES


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20), st.floats(0, 2))
def test_the_power_transform_is_that_of_yeo_and_johnson(values: list[float], power: float) -> None:
    given_values = np.array(values)
    np.testing.assert_allclose(
        yeo_johnson(given_values, power), yeojohnson(given_values, lmbda=power), rtol=1e-6, atol=1e-6
    )


def test_one_user_is_encoded_as_among_many(planted) -> None:
    people = planted(90)
    encoding = fit_encoding(people, CLUSTER_FEATURES)
    whole = encoding.transform(people)
    rows = people.to_dict("records")
    np.testing.assert_array_equal(whole, np.stack([encoding.point(row) for row in rows]))


def test_taste_never_reaches_the_clusters(planted) -> None:
    assert "top_category" not in CLUSTER_FEATURES
    people = planted(90)
    encoding = fit_encoding(people, CLUSTER_FEATURES)
    turned = people.assign(top_category="games", share_category_games=1.0)
    np.testing.assert_array_equal(encoding.transform(people), encoding.transform(turned))


def test_skewed_money_is_unbent_and_every_number_standardised(planted) -> None:
    people = planted(300).assign(tenure_days=np.arange(300.0))
    encoding = fit_encoding(people, ["spend_total", "tenure_days"])
    assert {c.name: c.power for c in encoding.numeric} == {"spend_total": 0.0, "tenure_days": 1.0}
    points = encoding.standardise(people)
    np.testing.assert_allclose(points.std(axis=0), 1.0, atol=0.05)


def test_a_family_of_many_columns_weighs_as_much_as_one_column(planted) -> None:
    encoding = fit_encoding(
        planted(300).assign(tenure_days=np.arange(300.0)), ["share_evening", "share_morning", "tenure_days"]
    )
    weights = dict(zip([name for name, _ in encoding.columns], encoding.weights, strict=True))
    assert weights["share_evening"] ** 2 + weights["share_morning"] ** 2 == pytest.approx(weights["tenure_days"] ** 2)


def test_f14_constant_unknown_and_infinite_columns_are_survived() -> None:
    people = pd.DataFrame(
        {
            "events_total": [3.0] * 50,
            "spend_total": [np.nan] * 50,
            "tenure_days": [np.inf, *range(49)],
            "country": ["DE"] * 50,
        }
    )
    encoding = fit_encoding(people, CLUSTER_FEATURES)
    assert [name for name, _ in encoding.columns] == ["tenure_days"]
    assert np.isfinite(encoding.transform(people)).all()


def test_rare_levels_are_pooled_and_a_missing_one_is_neutral() -> None:
    people = pd.DataFrame({"country": ["DE"] * 60 + ["FR"] * 39 + ["LI"] * 1 + [None] * 10})
    encoding = fit_encoding(people, ["country"])
    assert encoding.columns == (("country", "DE"), ("country", "FR"))
    assert encoding.point({"country": None}).tolist() == [0.0, 0.0]
    np.testing.assert_array_equal(encoding.point({"country": "LI"}), encoding.point({"country": "never seen"}))
