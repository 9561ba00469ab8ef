from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import Catalogue, aligned, memberships
from recommender.features import UserRows, assemble, user_matrix
from recommender.history import History
from recommender.preprocessing import Preprocessing
from recommender.retrieval import Pairs
from recommender.schema import FeatureSchema
from recommender.vocabulary import Vocabulary

ITEMS = pd.DataFrame(
    {
        "item_id": ["a", "b", "c"],
        "category": ["x|y", "y", None],
        "brand": ["k", "k", "l"],
        "price": [np.e - 1, np.e**3 - 1, np.nan],
        "title": ["one", "two", "three"],
    }
)
USERS = pd.DataFrame({"user_id": ["u", "v"], "age": [30.0, np.inf], "gender": ["f", "m"], "as_of": ["d", "d"]})
PREPROCESSING = Preprocessing.fit(USERS, ITEMS)
SCHEMA = FeatureSchema.of(PREPROCESSING, ["als", "content"])


def test_the_schema_lists_scores_pairs_items_and_users_in_order() -> None:
    assert SCHEMA.names[:4] == ("score_als", "score_content", "rank_als", "rank_content")
    assert SCHEMA.names[-5:] == ("item_price", "item_brand", "item_category", "user_age", "user_gender")
    assert [SCHEMA.names[n] for n in SCHEMA.categorical] == ["item_brand", "item_category", "user_gender"]


def test_shares_are_of_the_best_that_was_proposed() -> None:
    history = History.empty(Vocabulary.of("uv"), Vocabulary.of("abc"), date(2026, 3, 1))
    scores = np.array([[2.0, 0.0], [4.0, 0.0], [8.0, 1.0]], dtype=np.float32)
    own = np.array([True, True, False])
    pairs = Pairs(np.array([1, 1, 1]), np.array([0, 1, 2]), scores, np.ones_like(scores), own)
    nobody = UserRows(np.zeros((2, 2), "f4"))
    matrix = assemble(pairs, history, Catalogue.of(ITEMS, PREPROCESSING.items, history), nobody, 60.0)
    columns = dict(zip(SCHEMA.names, matrix.T.tolist(), strict=True))
    assert columns["share_als"] == [0.5, 1, 2]
    assert columns["share_content"] == [0, 0, 0]


def test_columns_of_lists_are_no_features() -> None:
    tagged = USERS.assign(tags=[["x"], ["y", "z"]])
    assert FeatureSchema.of(Preprocessing.fit(tagged, ITEMS), ["als", "content"]) == SCHEMA


def test_the_hash_knows_the_order_and_json_keeps_it() -> None:
    other = FeatureSchema.of(PREPROCESSING, ["content", "als"])
    assert other.hash != SCHEMA.hash
    assert FeatureSchema.from_json(SCHEMA.to_json()) == SCHEMA


def test_user_features_are_nan_for_strangers_and_infinities() -> None:
    matrix = user_matrix(USERS, np.array(["v", "x", "u"]), PREPROCESSING.users)
    np.testing.assert_array_equal(matrix, [[np.nan, 1], [np.nan, np.nan], [30, 0]])


def test_absent_user_columns_are_nan() -> None:
    matrix = user_matrix(USERS[["user_id"]], np.array(["u"]), PREPROCESSING.users)
    assert np.isnan(matrix).all()
    assert matrix.shape == (1, 2)


def test_values_unknown_at_training_are_nan() -> None:
    strange = pd.DataFrame({"user_id": ["u"], "gender": ["other"], "age": [1]})
    assert np.isnan(user_matrix(strange, np.array(["u"]), PREPROCESSING.users)[0, 1])


def test_an_item_belongs_to_its_categories_in_equal_shares() -> None:
    assert memberships(ITEMS, "category").toarray().tolist() == [[0.5, 0.5], [0, 1], [0, 0]]
    assert memberships(ITEMS, "absent").shape == (3, 1)


def test_aligned_keeps_the_vocabularys_order_and_fills_gaps() -> None:
    rows = aligned(ITEMS, Vocabulary(np.array(["c", "new", "a"])))
    assert rows["item_id"].tolist() == ["c", "new", "a"]
    assert rows["brand"].fillna("-").tolist() == ["l", "-", "k"]


def test_pair_features_follow_their_meaning() -> None:
    events = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "b"], "weight": [3.0, 1.0]})
    events["ts"] = datetime(2026, 2, 1, tzinfo=UTC)
    history = History.from_events(events, date(2026, 3, 1), Vocabulary.of("abc"))
    pairs = Pairs(np.array([0, 0]), np.array([0, 2]), np.ones((2, 2), "f4"), np.ones((2, 2), "f4"), np.ones(2, bool))
    users = UserRows(user_matrix(USERS, history.users.ids, PREPROCESSING.users))
    matrix = assemble(pairs, history, Catalogue.of(ITEMS, PREPROCESSING.items, history), users, 60.0)
    row = dict(zip(SCHEMA.names, matrix[0].tolist(), strict=True))
    # taste: .75 of a (half x, half y) and .25 of b (all y) = .375 x, .625 y; item a is half of each
    assert row["category_affinity"] == pytest.approx(0.5 * 0.375 + 0.5 * 0.625)
    assert row["brand_affinity"] == pytest.approx(1.0)
    assert row["price_distance"] == pytest.approx(1 - (0.75 * 1 + 0.25 * 3))
    assert (row["liked_items"], row["user_age"]) == (2, 30)
    assert (row["liked_days"], row["last_basket"], row["idle_days"]) == (1, 2, 28)
    assert row["popularity_distance"] == pytest.approx(0, abs=1e-6)
    assert row["new_since"] == 0
    assert row["liked_weight"] == pytest.approx(np.log1p(4))
    unpriced = dict(zip(SCHEMA.names, matrix[1].tolist(), strict=True))
    assert np.isnan(unpriced["price_distance"])
    assert unpriced["category_affinity"] == 0
    assert np.isnan(unpriced["age_distance"])
