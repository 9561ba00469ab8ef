"""Where training reads from: one protocol, implemented over the lake by ``tessera`` and in memory by tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pandas as pd

from warehouse.windows import Window


class TrainingSource(Protocol):
    """Events and features as they were known at a day."""

    def events(self, window: Window) -> pd.DataFrame:
        """Events of the window: ``user_id item_id event_type ts weight positive session_id price``."""
        ...

    def users(self, as_of: date) -> pd.DataFrame:
        """User features from events before ``as_of``: ``user_id`` and any feature columns."""
        ...

    def items(self, as_of: date) -> pd.DataFrame:
        """Catalogue with item features before ``as_of``: ``item_id title category brand price text`` and more."""
        ...

    def span(self) -> Window:
        """The days that hold events."""
        ...


@dataclass(frozen=True, eq=False)
class SourceView:
    """Another source as it is: subclasses change what they are about."""

    source: TrainingSource

    def events(self, window: Window) -> pd.DataFrame:
        """The source's events."""
        return self.source.events(window)

    def users(self, as_of: date) -> pd.DataFrame:
        """The source's users."""
        return self.source.users(as_of)

    def items(self, as_of: date) -> pd.DataFrame:
        """The source's items."""
        return self.source.items(as_of)

    def span(self) -> Window:
        """The source's days."""
        return self.source.span()


@dataclass(frozen=True, eq=False)
class FrameSource:
    """A source over frames in memory whose features do not change with the day.

    Args:
        log: all events, see :meth:`TrainingSource.events`.
        catalogue: the items.
        people: the users.
        days: those that hold events.
    """

    log: pd.DataFrame
    catalogue: pd.DataFrame
    people: pd.DataFrame
    days: Window

    def events(self, window: Window) -> pd.DataFrame:
        """The rows of ``log`` in the window."""
        inside = (self.log["ts"] >= window.start_ts) & (self.log["ts"] < window.end_ts)
        return self.log[inside].reset_index(drop=True)

    def users(self, as_of: date) -> pd.DataFrame:
        """``people``, whatever the day."""
        return self.people

    def items(self, as_of: date) -> pd.DataFrame:
        """``catalogue``, whatever the day."""
        return self.catalogue

    def span(self) -> Window:
        """``days``."""
        return self.days
