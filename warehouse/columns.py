"""Column names that cross package borders, spelled once."""

from __future__ import annotations

from typing import Final

USER: Final = "user_id"
ITEM: Final = "item_id"
TYPE: Final = "event_type"
TS: Final = "ts"
VALUE: Final = "value"
EVENT: Final = "event_id"
SESSION: Final = "session_id"
DEVICE: Final = "device"
CHANNEL: Final = "channel"
COUNTRY: Final = "country"
CONTEXT: Final = "context"
DATE: Final = "date"
AS_OF: Final = "as_of"
SEGMENT: Final = "segment_id"
WEIGHT: Final = "weight"
CATEGORY: Final = "category"
PRICE: Final = "price"
TITLE: Final = "title"
TEXT: Final = "text"
