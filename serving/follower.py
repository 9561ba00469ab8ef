"""Follows the registry's champions and the snapshot's pointer from a thread of its own.

Whatever goes wrong (registry gone, slow, talking nonsense; a version that fails a check; a torn snapshot), the last
good routing stays; the reason is in the status.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from serving import sealed
from serving.errors import RegistryError, SnapshotError
from serving.models import GLOBAL
from serving.registry import RegistryReader
from serving.routing import Routing
from serving.selection import Selection, Selector
from serving.snapshot import Snapshot, load_snapshot

_NOTHING_YET = Selection(notes={GLOBAL: "no model is verified yet: popular items serve"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FollowerStatus:
    """How the following goes.

    ``settled`` says that a verified state serves; ``answered_at`` is on the monotonic clock; ``refused`` maps
    ``<name> <version>`` to the failed check.
    """

    settled: bool = False
    registry_up: bool = False
    registry_error: str = "not asked yet"
    answered_at: float | None = None
    snapshot_error: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


class Follower:
    """Keeps a routing current.

    Args:
        snapshots: the folder that snapshots are published to.
        selector: chooses among the registry's champions.
        reader: the registry, or ``None`` to serve the last good local state.
        publish: takes every new routing.
        poll_seconds: pause between two looks.
    """

    def __init__(
        self,
        snapshots: Path,
        selector: Selector,
        reader: RegistryReader | None,
        publish: Callable[[Routing], None],
        poll_seconds: float,
    ) -> None:
        self._snapshots, self._selector, self._reader = snapshots, selector, reader
        self._publish, self._poll_seconds = publish, poll_seconds
        self._snapshot: Snapshot | None = None
        self._selection: Selection | None = None
        self._published: tuple[object, ...] | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name="registry-follower", daemon=True)
        self.status = FollowerStatus()

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for the look it is at."""
        self._stop.set()
        self._thread.join(timeout=10)

    def step(self) -> None:
        """One look at the snapshot's pointer and at the registry; swaps the routing when something moved."""
        self._look_at_snapshot()
        self._look_at_registry()
        if self._snapshot is None:
            return
        if self._selection is None:
            self._selection = self._selector.from_disk()
        chosen = self._selection or _NOTHING_YET
        routing = Routing(self._snapshot, chosen.parent, chosen.heads, chosen.notes)
        if routing.key != self._published:
            self._publish(routing)
            self._published = routing.key
        self.status = replace(self.status, settled=self._selection is not None)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.step()
            except Exception:
                # a fault nobody thought of must not end the following; the last good routing serves
                _log.exception("a look at the registry failed; the last good state serves")
            self._stop.wait(self._poll_seconds)

    def _look_at_snapshot(self) -> None:
        try:
            if self._snapshot is None or sealed.current(self._snapshots).name != self._snapshot.name:
                self._snapshot = load_snapshot(self._snapshots)
            self.status = replace(self.status, snapshot_error="")
        except SnapshotError as error:
            self.status = replace(self.status, snapshot_error=str(error))

    def _look_at_registry(self) -> None:
        if self._reader is None:
            self.status = replace(self.status, registry_error="no registry is configured")
            return
        try:
            champions = self._reader.champions(self._selector.prefix)
            self._selection = self._selector.select(self._reader, champions, self._selection, self._snapshot)
        except RegistryError as error:
            self.status = replace(self.status, registry_up=False, registry_error=str(error))
            return
        self.status = replace(
            self.status,
            registry_up=True,
            registry_error="",
            answered_at=monotonic(),
            refused=self._selector.refusals(),
        )
