"""How patiently letters are delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class DeliverySettings:
    """The patience of the outbox; all in seconds but ``give_up_hours``.

    Args:
        outbox_url: SQLAlchemy address of the outbox; empty: an SQLite file in the home folder.
        timeout: that one answer of a mail server may take.
        lease: after which a letter whose deliverer has died is somebody else's; far more than one delivery can take.
        retry: before the second try; every further one waits twice as long.
        longest_retry: between two tries at most.
        give_up_hours: after which a letter that nobody took is given up.
        most: letters of one delivery, so that a task ends.

    Raises:
        ValueError: a number out of its range, or a lease that a slow server could outlast.
    """

    outbox_url: str = ""
    timeout: float = 10.0
    lease: float = 600.0
    retry: float = 60.0
    longest_retry: float = 3600.0
    give_up_hours: float = 72.0
    most: int = 500

    def __post_init__(self) -> None:
        for field in ("timeout", "lease", "retry", "longest_retry", "give_up_hours", "most"):
            if getattr(self, field) <= 0:
                raise ValueError(f"{field} must be above 0; found {getattr(self, field)}")
        # banner, greeting, sender, recipient, start and end of the text: each may take a whole timeout
        if self.lease < 10 * self.timeout:
            raise ValueError(
                f"lease must be at least ten timeouts ({10 * self.timeout:g} s), or a slow delivery is done twice; "
                f"found {self.lease:g}"
            )
        if self.longest_retry < self.retry:
            raise ValueError(f"longest_retry must be at least retry ({self.retry:g}); found {self.longest_retry:g}")

    def pause(self, tries: int) -> timedelta:
        """How long to wait after ``tries`` (>= 1) tries: doubling, up to the longest."""
        doublings = min(tries - 1, 30)
        return timedelta(seconds=min(self.retry * 2**doublings, self.longest_retry))
