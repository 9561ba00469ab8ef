"""The event schema: the types of event, what each one's ``value`` means, and why a row can be refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class EventType(StrEnum):
    """What a user did with an item; the value that goes with it, if any, is named beside it."""

    IMPRESSION = "impression"  # shown by us, nothing done yet
    VIEW = "view"
    CLICK = "click"
    DWELL = "dwell"  # value: seconds
    ADD_TO_CART = "add_to_cart"
    WISHLIST = "wishlist"
    PURCHASE = "purchase"  # value: money paid
    RETURN = "return"  # value: money given back, as a positive amount
    RATING = "rating"  # value: points


EVENT_TYPES: Final[tuple[str, ...]] = tuple(kind.value for kind in EventType)

VALUED: Final[tuple[str, ...]] = (EventType.DWELL.value, EventType.RATING.value)
"""Types that say nothing without a value."""


class Reason(StrEnum):
    """Why a row went to quarantine."""

    UNREADABLE_ROW = "unreadable_row"
    WRONG_ENCODING = "wrong_encoding"
    MISSING_KEY = "missing_key"
    UNKNOWN_TYPE = "unknown_type"
    BAD_TIMESTAMP = "bad_timestamp"
    NO_TIMEZONE = "timestamp_without_zone"
    IN_FUTURE = "timestamp_in_future"
    TOO_LATE = "timestamp_too_old"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    NEGATIVE = "negative_value"
    MISSING_VALUE = "missing_value"
    OVERSIZED = "oversized_field"
    CONFLICTING_ID = "conflicting_event_id"
