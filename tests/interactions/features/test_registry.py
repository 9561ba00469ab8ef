from interactions.features.registry import FEATURES, feature_names, is_taste

REQUIRED_USER = [
    "events_total",
    "events_1d",
    "events_7d",
    "events_30d",
    "active_days",
    "days_since_last",
    "tenure_days",
    "items_distinct",
    "purchases_total",
    "purchases_30d",
    "spend_total",
    "spend_30d",
    "basket_mean",
    "decayed_events",
    "sessions_30d",
    "session_events_mean",
    "share_night",
    "share_morning",
    "share_afternoon",
    "share_evening",
    "share_weekend",
    "share_mobile",
    "share_desktop",
    "share_tablet",
    "main_device",
    "main_channel",
    "country",
    "price_mean",
    "price_tier",
    "popularity_bias",
    "category_entropy",
    "top_category",
    "gender",
    "age_band",
    "occupation",
    "income_band",
]
REQUIRED_ITEM = [
    "events_total",
    "users_total",
    "events_1d",
    "events_7d",
    "events_30d",
    "purchases_30d",
    "views_30d",
    "decayed_popularity",
    "trend",
    "age_days",
    "price",
    "conversion_30d",
    "rating_mean",
    "return_share",
    "category",
    "brand",
]


def test_the_columns_that_other_packages_count_on_are_there() -> None:
    assert set(REQUIRED_USER) <= set(feature_names("user"))
    assert set(REQUIRED_ITEM) <= set(feature_names("item"))


def test_a_name_is_given_once_per_entity_and_every_feature_is_explained() -> None:
    names = [(f.entity, f.name) for f in FEATURES]
    assert len(set(names)) == len(names)
    assert all(len(f.meaning) > 5 for f in FEATURES)


def test_categories_are_taste_and_rhythm_is_not() -> None:
    assert is_taste("top_category")
    assert is_taste("share_category_books")
    assert not is_taste("share_evening")
    assert "top_category" not in feature_names("user", taste=False)


def test_names_are_narrowed_by_kind() -> None:
    assert "country" in feature_names("user", "categorical")
    assert "country" not in feature_names("user", "numeric")
