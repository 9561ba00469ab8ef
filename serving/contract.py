"""The bodies of requests, and the examples that the OpenAPI page shows."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from interactions.rules import IngestRules
from interactions.schema import VALUED, EventType

_RULES: Final = IngestRules()
MAX_EVENTS: Final = 1000

# control characters are refused: a zero byte would make two ids equal in fixed-width arrays
_PATTERN: Final = r"^[^\x00-\x1f\x7f]+$"
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=_RULES.max_key_chars, pattern=_PATTERN)]
ShortText = Annotated[str, StringConstraints(max_length=_RULES.max_field_chars)]


class EventIn(BaseModel):
    """One event; the ``value`` of a dwell is seconds, of a rating points, of a purchase or return money."""

    model_config = ConfigDict(extra="forbid")

    user_id: Identifier
    item_id: Identifier
    event_type: EventType
    ts: AwareDatetime | None = Field(None, description="when it happened, with a zone; the time of arrival if left out")
    value: float | None = Field(None, ge=0, allow_inf_nan=False)
    event_id: Identifier | None = Field(
        None, description="sending the same id again changes nothing; made from the content if left out"
    )
    session_id: ShortText | None = None
    device: ShortText | None = None
    channel: ShortText | None = None
    country: ShortText | None = None
    context: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _complete(self) -> EventIn:
        if self.event_type.value in VALUED and self.value is None:
            raise ValueError(f"a {self.event_type.value} says nothing without a value: send one")
        if self.context is not None and len(json.dumps(self.context)) > _RULES.max_context_chars:
            raise ValueError(f"context may have {_RULES.max_context_chars} characters as JSON")
        return self

    def row(self, arrived: datetime) -> dict[str, Any]:
        """The event as ingest reads it: every field of the event schema, ``ts`` in UTC."""
        row = self.model_dump(mode="json")
        row["ts"] = (self.ts or arrived).astimezone(UTC).isoformat(timespec="microseconds")
        row["context"] = json.dumps(self.context, sort_keys=True) if self.context is not None else None
        if self.event_id is None:
            content = json.dumps(row, sort_keys=True).encode()
            row["event_id"] = f"api-{hashlib.sha256(content).hexdigest()[:32]}"
        return row


class EventBatch(BaseModel):
    """Up to a thousand events; all are taken or none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "events": [
                    {"user_id": "u42", "item_id": "i7", "event_type": "view", "ts": "2026-01-31T18:30:00Z"},
                    {"user_id": "u42", "item_id": "i7", "event_type": "purchase", "value": 19.9, "event_id": "o-1001"},
                ]
            }
        },
    )

    events: list[EventIn] = Field(min_length=1, max_length=MAX_EVENTS)


class EventsAccepted(BaseModel):
    """The events are on the disk and count for the next recommendation."""

    accepted: int
    event_ids: list[str]


RECOMMENDATION_EXAMPLE: Final = {
    "user_id": "u42",
    "known": True,
    "segment_id": "s3",
    "segment_name": "Night owls on mobile, regular",
    "model": "tessera-s3",
    "version": "4",
    "parent_version": "2",
    "as_of": "2026-02-01",
    "degraded": False,
    "items": [
        {"item_id": "i19", "title": "Walnut desk lamp", "layer": "segment", "score": 1.83},
        {"item_id": "i4", "title": "Oak shelf", "layer": "popular_in_segment", "score": None},
    ],
}
