from interactions.features.registry import feature_names

REQUIRED_USER = {
    *("events_total", "events_1d", "events_7d", "events_30d", "active_days", "days_since_last", "tenure_days"),
    *("items_distinct", "purchases_total", "purchases_30d", "spend_total", "spend_30d", "basket_mean"),
    *("decayed_events", "sessions_30d", "session_events_mean", "share_night", "share_morning", "share_afternoon"),
    *("share_evening", "share_weekend", "share_mobile", "share_desktop", "share_tablet", "main_device"),
    *("main_channel", "country", "price_mean", "price_tier", "popularity_bias", "category_entropy"),
    *("top_category", "gender", "age_band", "occupation", "income_band"),
}
REQUIRED_ITEM = {
    *("events_total", "users_total", "events_1d", "events_7d", "events_30d", "purchases_30d", "views_30d"),
    *("decayed_popularity", "trend", "age_days", "price", "conversion_30d", "rating_mean", "return_share"),
    *("category", "brand"),
}


def test_the_columns_that_other_packages_count_on_are_there() -> None:
    assert set(feature_names("user")) >= REQUIRED_USER
    assert set(feature_names("item")) >= REQUIRED_ITEM
