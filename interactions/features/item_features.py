"""The features of an item: popularity, trend, age, price, conversion."""

from __future__ import annotations

from typing import Any, Final

from interactions.features.expressions import exact_sum, ratio, recent
from interactions.features.feature import Expression, Family, Feature

_TREND_PRIOR: Final = 0.1


def _item(name: str, meaning: str, expression: Expression, family: Family, fill: float | None = None) -> Feature:
    return Feature(name, meaning, "days", expression, entity="item", family=family, fill=fill)


def _trend(days: Any) -> Any:
    week, month = recent(days, "events", 7), recent(days, "events", 30)
    return ((week.coalesce(0) / 7 + _TREND_PRIOR) / (month.coalesce(0) / 30 + _TREND_PRIOR)).ln()


ITEM_FEATURES: Final[tuple[Feature, ...]] = (
    _item("events_total", "Events of any type before the as-of day", lambda d, _: d.events.sum(), "popularity", 0.0),
    Feature(
        "users_total",
        "Different users who met the item",
        "users",
        lambda t, _: t.user.count(),
        entity="item",
        family="popularity",
        fill=0.0,
    ),
    _item("events_1d", "Events on the last day", lambda d, _: recent(d, "events", 1), "popularity", 0.0),
    _item("events_7d", "Events in the last 7 days", lambda d, _: recent(d, "events", 7), "popularity", 0.0),
    _item("events_30d", "Events in the last 30 days", lambda d, _: recent(d, "events", 30), "popularity", 0.0),
    _item("purchases_30d", "Purchases in the last 30 days", lambda d, _: recent(d, "n_purchase", 30), "money", 0.0),
    _item("views_30d", "Views in the last 30 days", lambda d, _: recent(d, "n_view", 30), "popularity", 0.0),
    _item(
        "decayed_popularity",
        "Events, each halved for every half-life of its type that has passed",
        lambda d, _: exact_sum(d.decayed),
        "popularity",
        0.0,
    ),
    _item(
        "trend",
        "Log of the daily rate of the last 7 days over that of the last 30, each with 0.1 events a day added",
        lambda d, _: _trend(d),
        "popularity",
        0.0,
    ),
    Feature(
        "age_days",
        "Days since the item became available, or since its first event",
        "profile",
        lambda p, _: p._age,
        entity="item",
        family="recency",
    ),
    Feature(
        "price",
        "Price in the catalogue, else the mean value of its purchases",
        "profile",
        lambda p, _: p._price,
        entity="item",
        family="price",
    ),
    _item(
        "conversion_30d",
        "Purchases per view in the last 30 days",
        lambda d, _: ratio(recent(d, "n_purchase", 30), recent(d, "n_view", 30)),
        "money",
    ),
    _item("rating_mean", "Mean rating", lambda d, _: ratio(exact_sum(d.rating_sum), d.n_rating.sum()), "popularity"),
    _item("return_share", "Returns per purchase", lambda d, _: ratio(d.n_return.sum(), d.n_purchase.sum()), "money"),
    Feature(
        "category",
        "Category in the catalogue",
        "profile",
        lambda p, _: p._category,
        "categorical",
        entity="item",
        family="taste",
        taste=True,
    ),
    Feature(
        "brand",
        "Brand in the catalogue",
        "profile",
        lambda p, _: p._brand,
        "categorical",
        entity="item",
        family="taste",
        taste=True,
    ),
)
