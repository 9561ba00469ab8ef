"""Words for what distinguishes a segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from interactions.features.registry import FEATURES


@dataclass(frozen=True)
class Phrase:
    """How a trait reads: ``before`` goes in front of "users", ``after`` behind it. Empty: nothing to say."""

    before: str = ""
    after: str = ""

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


_NUMBERS: Final[dict[str, tuple[Phrase, Phrase]]] = {
    # feature: (when high, when low)
    "events_total": (Phrase(after="long history"), Phrase(after="short history")),
    "events_1d": (Phrase(before="active"), Phrase()),
    "events_7d": (Phrase(before="active"), Phrase(before="quiet")),
    "events_30d": (Phrase(before="active"), Phrase(before="quiet")),
    "decayed_events": (Phrase(before="active"), Phrase(before="quiet")),
    "active_days": (Phrase(after="many visits"), Phrase(after="few visits")),
    "items_distinct": (Phrase(after="many items"), Phrase(after="few items")),
    "days_since_last": (Phrase(before="lapsed"), Phrase(before="recent")),
    "tenure_days": (Phrase(before="long-standing"), Phrase(before="recently joined")),
    "purchases_total": (Phrase(after="many purchases"), Phrase(after="few purchases")),
    "purchases_30d": (Phrase(after="recent purchases"), Phrase(after="no recent purchases")),
    "spend_total": (Phrase(after="high spend"), Phrase(after="low spend")),
    "spend_30d": (Phrase(after="high recent spend"), Phrase(after="low recent spend")),
    "basket_mean": (Phrase(after="large baskets"), Phrase(after="small baskets")),
    "return_share": (Phrase(after="many returns"), Phrase(after="few returns")),
    "sessions_30d": (Phrase(after="many sessions"), Phrase(after="few sessions")),
    "session_events_mean": (Phrase(after="long sessions"), Phrase(after="short sessions")),
    "session_minutes_mean": (Phrase(after="long sessions"), Phrase(after="short sessions")),
    "share_night": (Phrase(before="night"), Phrase()),
    "share_morning": (Phrase(before="morning"), Phrase()),
    "share_afternoon": (Phrase(before="afternoon"), Phrase()),
    "share_evening": (Phrase(before="evening"), Phrase()),
    "share_weekend": (Phrase(before="weekend"), Phrase(before="weekday")),
    "share_mobile": (Phrase(before="mobile"), Phrase()),
    "share_desktop": (Phrase(before="desktop"), Phrase()),
    "share_tablet": (Phrase(before="tablet"), Phrase()),
    "price_mean": (Phrase(after="premium prices"), Phrase(after="low prices")),
    "popularity_bias": (Phrase(before="mainstream"), Phrase(before="niche")),
    "rating_mean": (Phrase(after="generous ratings"), Phrase(after="critical ratings")),
}

_CATEGORIES: Final[dict[str, str]] = {
    # feature: what stands behind "users", with the level in it
    "main_channel": "by {}",
    "country": "from {}",
    "age_band": "aged {}",
    "occupation": "occupation {}",
    "income_band": "income {}",
    "price_tier": "{} price tier",
}

_GENDERS: Final = {"f": "female", "female": "female", "w": "female", "m": "male", "male": "male"}
_FAMILIES: Final = {f.name: f.family for f in FEATURES if f.entity == "user"}


def phrase(feature: str, level: str | None, high: bool) -> Phrase:
    """The words for a trait: a number that is high or low, or a level of a category that is frequent."""
    if level is None:
        return _NUMBERS.get(feature, (Phrase(), Phrase()))[0 if high else 1]
    if not high:
        return Phrase()
    if feature == "gender":
        return Phrase(before=_GENDERS.get(level.lower(), level))
    if feature == "main_device":
        return Phrase(before=level)
    return Phrase(after=_CATEGORIES[feature].format(level)) if feature in _CATEGORIES else Phrase()


def subject(feature: str) -> str:
    """What a trait is about: a name says one thing about each subject."""
    return feature if _FAMILIES.get(feature) == "people" else _FAMILIES.get(feature, feature)
