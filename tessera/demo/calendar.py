"""Which days the demo loads at once, which it replays as daily runs, and as of when it trains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tessera.errors import TesseraError
from tessera.membership import FIRST_FIT_DAYS
from warehouse.windows import Window

DAILY_RUNS = 7
WATCHED_RUNS = 2
LEAST_DAYS = 42
MOST_FITS = 4


@dataclass(frozen=True)
class Calendar:
    """The days of a data set as the demo plays them.

    Attributes:
        history: loaded by one range run.
        daily: replayed by a backfill, one run a day.
        watched_runs: days that the monitor is backfilled over.
    """

    history: Window
    daily: Window
    watched_runs: int = WATCHED_RUNS

    @classmethod
    def of(cls, span: Window) -> Calendar:
        """Split a data set's days.

        Raises:
            TesseraError: fewer days than training, proof and monitoring need.
        """
        if span.length < LEAST_DAYS:
            raise TesseraError(
                f"the loop needs at least {LEAST_DAYS} days of events (training, proof windows, monitoring); "
                f"found {span.length} days, {span}: bring a longer history"
            )
        cut = span.end - timedelta(days=DAILY_RUNS)
        return cls(Window(span.start, cut), Window(cut, span.end))

    @property
    def trained(self) -> date:
        """The end of the history."""
        return self.history.end

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.daily.end

    @property
    def last(self) -> Window:
        """The last day."""
        return Window.trailing(self.end, 1)

    @property
    def watched(self) -> Window:
        """The days before the last one that the monitor is backfilled over."""
        return Window.trailing(self.last.start, self.watched_runs)

    @property
    def refit_days(self) -> int:
        """Days between two fits of the segmentation: weekly, or rarer where that would be many fits at once."""
        weeks = (self.history.length - FIRST_FIT_DAYS) // 7
        return 7 * max(1, -(-weeks // MOST_FITS))
