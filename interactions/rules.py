"""The limits that an ingest holds its rows against."""

from __future__ import annotations

from dataclasses import dataclass, fields

from interactions.schema import EVENT_TYPES


@dataclass(frozen=True)
class IngestRules:
    """Limits of validation.

    Args:
        max_reject_share: share of received rows that may go to quarantine; above it the run stops before it writes.
        event_types: the types that are known.
        max_key_chars: longest user, item or event id, in characters.
        max_field_chars: longest device, channel, country or session id, in characters.
        max_context_chars: longest context JSON, in characters.
        max_payload_chars: how much of a refused row the quarantine keeps.
        max_late_days: oldest event that a delivery may still bring, in days before the delivery's end.
        rows_per_commit: rows of one atomic write; a longer window is written in several.

    Raises:
        ValueError: a share outside [0, 1], a limit below 1, no event type.
    """

    max_reject_share: float = 0.1
    event_types: tuple[str, ...] = EVENT_TYPES
    max_key_chars: int = 256
    max_field_chars: int = 1_024
    max_context_chars: int = 16_384
    max_payload_chars: int = 2_000
    max_late_days: int = 366
    rows_per_commit: int = 1_500_000

    def __post_init__(self) -> None:
        if not 0 <= self.max_reject_share <= 1:
            raise ValueError(f"max_reject_share must be a share from 0 to 1; found {self.max_reject_share}")
        if not self.event_types:
            raise ValueError("event_types is empty: name at least one type of event")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int) and field.name != "max_reject_share" and value < 1:
                raise ValueError(f"{field.name} must be at least 1; found {value}")
