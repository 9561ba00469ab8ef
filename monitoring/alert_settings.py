"""Who is told how loudly: severity, recovery, digests, quiet hours."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitoring.letter import Severity
from monitoring.quiet_hours import QuietHours


@dataclass(frozen=True)
class AlertSettings:
    """What becomes a mail, and how urgent it is.

    An alarm is *info* where its segment holds less than ``small_share`` of all users (each counted with their
    segment's ``value``); *critical* where it holds at least ``large_share`` and its furthest move is at least
    ``strong_move`` times its limit, or where the data or the ranking quality of such a segment is in trouble;
    otherwise a *warning*.

    Args:
        digest_from: so many alarms at once become one mail with a table on top.
        recovery_days: quiet days in a row after which an alarm is over.
        history_days: days of verdicts in which the beginning of an alarm is looked for.
        small_share: 0 to 1.
        large_share: 0 to 1.
        strong_move: times the limit.
        quiet: hours in which mails below a severity wait.

    Raises:
        ValueError: a number out of its range.
    """

    digest_from: int = 4
    recovery_days: int = 3
    history_days: int = 90
    small_share: float = 0.01
    large_share: float = 0.1
    strong_move: float = 3.0
    quiet: QuietHours = field(default_factory=QuietHours)

    def __post_init__(self) -> None:
        for name in ("digest_from", "recovery_days", "history_days"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; found {getattr(self, name)}")
        if not 0 <= self.small_share <= self.large_share <= 1:
            raise ValueError(
                f"small_share and large_share must lie between 0 and 1 in this order; "
                f"found {self.small_share} and {self.large_share}"
            )

    def severity(self, cause: str, share: float, times: float) -> Severity:
        """How urgent an alarm is whose segment holds ``share`` of all and moved ``times`` as far as its limit."""
        if share < self.small_share:
            return "info"
        strong = times >= self.strong_move or cause in ("data", "quality")
        return "critical" if strong and share >= self.large_share else "warning"
