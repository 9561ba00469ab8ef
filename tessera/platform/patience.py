"""Waiting for runs: how long, how often to look, and telling every change once."""

from __future__ import annotations

import time
from collections.abc import Callable

from tessera.platform.airflow_records import DagRun
from tessera.platform.airflow_session import AirflowError

RunProgress = Callable[[DagRun], None]


class Patience:
    """A deadline, and what has been told so far.

    Args:
        timeout: seconds from now until :meth:`wait` refuses.
        poll: seconds that one :meth:`wait` takes.
        progress: called by :meth:`note` when a run's state is new.
    """

    def __init__(self, timeout: float, poll: float, progress: RunProgress | None = None) -> None:
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._poll = poll
        self._progress = progress or (lambda _run: None)
        self._told: dict[str, str] = {}

    def wait(self, missing: str) -> None:
        """Pause before the next look.

        Raises:
            AirflowError: the time is over; ``missing`` says what has not happened.
        """
        if time.monotonic() >= self._deadline:
            raise AirflowError(f"{missing} (waited {self._timeout:.0f} s)")
        time.sleep(self._poll)

    def note(self, run: DagRun) -> None:
        """Tell the state of ``run``, unless it was told already."""
        if self._told.get(run.run_id) != run.state:
            self._told[run.run_id] = run.state
            self._progress(run)
