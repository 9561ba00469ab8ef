"""What makes a day, a column or an account suspicious."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TroubleSettings:
    """From where on the events are called broken.

    Every limit is held against what was usual on the healthy days before (their median). A jump must also exceed
    ``spreads`` robust standard deviations of those days, and half of itself above the highest of them. Nothing is
    judged before ``least_days`` healthy days are known, nor on a day that has (or usually has) fewer than
    ``least_rows`` events.

    Attributes:
        columns: whose nulls and names are watched.
        short_day: a day with less than this share of its weekday's usual events is missing (in part).
        longest_gap: more short days than this in a row are no gap but a smaller shop.
        copies: how much the share of rows that repeat another under a new id may rise.
        nulls: how much the share of rows without a value may rise.
        named: the least usual share of a value whose renaming is noticed.
        gone: a value with less than this share of its usual share has vanished; one that had less of today's is new.
        bots: how much the share of events of accounts that act like no person may rise.
        accounts: fewer than this are no wave; the bound of rows a user keeps them from speaking for a segment.
        awake_hours, awake_events: nobody is active in so many hours of one day, at so many different seconds.
        hourly_events: nobody acts at so many different seconds an hour, over all hours in which he is active.
    """

    columns: tuple[str, ...] = ("device", "channel", "country", "category", "event_type", "price")
    least_days: int = 14
    least_rows: int = 50
    spreads: float = 6.0
    short_day: float = 0.5
    longest_gap: int = 3
    copies: float = 0.1
    nulls: float = 0.2
    named: float = 0.05
    gone: float = 0.1
    bots: float = 0.1
    accounts: int = 3
    awake_hours: int = 12
    awake_events: int = 30
    hourly_events: int = 200

    def __post_init__(self) -> None:
        for name in ("short_day", "copies", "nulls", "named", "gone", "bots"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is a share between 0 and 1; found {getattr(self, name)}")
        for name in ("least_days", "least_rows", "longest_gap", "accounts", "awake_events", "hourly_events"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; found {getattr(self, name)}")
        if not 1 <= self.awake_hours <= 24:
            raise ValueError(f"awake_hours lies between 1 and 24; found {self.awake_hours}")
