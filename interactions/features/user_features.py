"""The features of a user: recency, frequency, money, rhythm, devices, prices, demographics."""

from __future__ import annotations

from typing import Any, Final

from interactions.features.expressions import exact_sum, ratio, recent
from interactions.features.feature import Expression, Family, Feature


def _counter(name: str, meaning: str, expression: Expression, family: Family = "frequency") -> Feature:
    return Feature(name, meaning, "days", expression, family=family, fill=0.0)


def _share(name: str, meaning: str, part: str, family: Family, whole: str = "events") -> Feature:
    return Feature(name, meaning, "days", lambda d, _: ratio(d[part].sum(), d[whole].sum()), family=family)


def _attribute(name: str, meaning: str, family: Family = "people") -> Feature:
    return Feature(name, meaning, "profile", lambda p, _: p[f"_{name}"], "categorical", family=family)


def _tier(share: Any) -> Any:
    import ibis

    return ibis.cases((share < 1 / 3, "low"), (share < 2 / 3, "middle"), (share.notnull(), "high"))


_FREQUENCY: Final = (
    _counter("events_total", "Events of any type before the as-of day", lambda d, _: d.events.sum()),
    _counter("events_1d", "Events on the last day", lambda d, _: recent(d, "events", 1)),
    _counter("events_7d", "Events in the last 7 days", lambda d, _: recent(d, "events", 7)),
    _counter("events_30d", "Events in the last 30 days", lambda d, _: recent(d, "events", 30)),
    _counter("active_days", "Days with at least one event", lambda d, _: d.days.sum()),
    _counter(
        "decayed_events",
        "Events, each halved for every half-life of its type that has passed",
        lambda d, _: exact_sum(d.decayed),
    ),
    Feature(
        "items_distinct",
        "Different items met",
        "items",
        lambda i, _: i["item"].count(),
        fill=0.0,
    ),
)

_RECENCY: Final = (
    Feature(
        "days_since_last",
        "Days since the last event (1: yesterday)",
        "days",
        lambda d, _: d.age.min(),
        family="recency",
    ),
    Feature(
        "tenure_days",
        "Days since signup or the first event, whichever came first",
        "profile",
        lambda p, _: p._tenure,
        family="recency",
    ),
)

_MONEY: Final = (
    _counter("purchases_total", "Purchases", lambda d, _: d.n_purchase.sum(), "money"),
    _counter("purchases_30d", "Purchases in the last 30 days", lambda d, _: recent(d, "n_purchase", 30), "money"),
    _counter(
        "spend_total", "Value of all purchases, in the currency of the events", lambda d, _: exact_sum(d.spend), "money"
    ),
    _counter(
        "spend_30d",
        "Value of the purchases of the last 30 days",
        lambda d, _: exact_sum(d.spend, d.age <= 30).coalesce(0.0),
        "money",
    ),
    Feature(
        "basket_mean",
        "Mean value of a basket (the purchases of one session)",
        "days",
        lambda d, _: ratio(exact_sum(d.spend), d.baskets.sum()),
        family="money",
    ),
    _share("return_share", "Returns per purchase", "n_return", "money", whole="n_purchase"),
)

_SESSIONS: Final = (
    _counter(
        "sessions_30d",
        "Sessions in the last 30 days (by session id, else split at pauses; a session ends at midnight UTC)",
        lambda d, _: recent(d, "sessions", 30),
        "session",
    ),
    _share("session_events_mean", "Mean number of events in a session", "events", "session", whole="sessions"),
    Feature(
        "session_minutes_mean",
        "Mean minutes between the first and the last event of a session",
        "days",
        lambda d, _: ratio(d.session_seconds.sum(), d.sessions.sum()) / 60.0,
        family="session",
    ),
)

_RHYTHM: Final = (
    _share("share_night", "Share of events from 00:00 to 05:59 UTC", "night", "hour"),
    _share("share_morning", "Share of events from 06:00 to 11:59 UTC", "morning", "hour"),
    _share("share_afternoon", "Share of events from 12:00 to 17:59 UTC", "afternoon", "hour"),
    _share("share_evening", "Share of events from 18:00 to 23:59 UTC", "evening", "hour"),
    Feature(
        "share_weekend",
        "Share of events on Saturday and Sunday (UTC)",
        "days",
        lambda d, _: ratio(d.weekend.sum(), d.events.sum()),
        family="hour",
    ),
)

_DEVICES: Final = (
    _share("share_mobile", "Share of the events of known device on a phone", "mobile", "device", whole="device_known"),
    _share(
        "share_desktop", "Share of the events of known device on a computer", "desktop", "device", whole="device_known"
    ),
    _share("share_tablet", "Share of the events of known device on a tablet", "tablet", "device", whole="device_known"),
    Feature(
        "main_device",
        "Device used on most days",
        "profile",
        lambda p, _: p._main_devices,
        "categorical",
        family="device",
    ),
    Feature(
        "main_channel",
        "Channel used on most days",
        "profile",
        lambda p, _: p._main_channels,
        "categorical",
        family="device",
    ),
)

_PRICES: Final = (
    Feature(
        "price_mean",
        "Mean price of the items met",
        "items",
        lambda i, _: ratio(exact_sum(i.price), i.price.count()),
        family="price",
    ),
    Feature(
        "price_tier",
        "Mean price rank of the items met inside their categories: low, middle or high third",
        "items",
        lambda i, _: _tier(ratio(exact_sum(i.price_rank), i.price_rank.count())),
        "categorical",
        family="price",
    ),
    Feature(
        "popularity_bias",
        "Mean popularity rank of the items met (0: the least popular of the catalogue, 1: the most)",
        "items",
        lambda i, _: ratio(exact_sum(i.popularity_rank), i.popularity_rank.count()),
        family="popularity",
    ),
    Feature(
        "rating_mean",
        "Mean rating given",
        "days",
        lambda d, _: ratio(exact_sum(d.rating_sum), d.n_rating.sum()),
        family="popularity",
    ),
)

_TASTE: Final = (
    Feature(
        "category_entropy",
        "Breadth of taste: entropy (nats) of the categories met; 0 is a single one",
        "categories",
        lambda t, _: -exact_sum(t.share * t.share.ln()),
        family="taste",
        taste=True,
    ),
    Feature(
        "top_category",
        "Category met most",
        "profile",
        lambda p, _: p._main_category,
        "categorical",
        family="taste",
        taste=True,
    ),
)

_PEOPLE: Final = (
    _attribute("country", "Country of the user, else of most of the days with events", "place"),
    _attribute("gender", "Gender, as delivered"),
    _attribute("age_band", "Age band, as delivered"),
    _attribute("occupation", "Occupation, as delivered"),
    _attribute("income_band", "Income band, as delivered"),
)

USER_FEATURES: Final[tuple[Feature, ...]] = (
    *_FREQUENCY,
    *_RECENCY,
    *_MONEY,
    *_SESSIONS,
    *_RHYTHM,
    *_DEVICES,
    *_PRICES,
    *_TASTE,
    *_PEOPLE,
)
