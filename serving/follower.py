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
from serving.errors import ModelRefusedError, RegistryError, SnapshotError
from serving.models import GLOBAL, ModelStore, ServedModel
from serving.registry import Champions, RegistryReader
from serving.routing import Routing
from serving.snapshot import Snapshot, load_snapshot

_RETRY_REFUSED_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FollowerStatus:
    """How the following goes.

    ``answered_at`` is on the monotonic clock; ``refused`` maps ``<name> <version>`` to the failed check.
    """

    registry_up: bool = False
    registry_error: str = "not asked yet"
    answered_at: float | None = None
    snapshot_error: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _State:
    parent: ServedModel | None = None
    heads: Mapping[str, ServedModel] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


class Follower:
    """Keeps a routing current.

    Args:
        snapshots: the folder that snapshots are published to.
        store: local copies of models.
        reader: the registry, or ``None`` to serve the last good local state.
        prefix: what registered names start with.
        publish: takes every new routing.
        poll_seconds: pause between two looks.
    """

    def __init__(
        self,
        snapshots: Path,
        store: ModelStore,
        reader: RegistryReader | None,
        prefix: str,
        publish: Callable[[Routing], None],
        poll_seconds: float,
    ) -> None:
        self._snapshots, self._store, self._reader = snapshots, store, reader
        self._prefix, self._publish, self._poll_seconds = prefix, publish, poll_seconds
        self._snapshot: Snapshot | None = None
        self._state: _State | None = None
        self._published: tuple[object, ...] | None = None
        self._refused: dict[tuple[str, str], tuple[float, str]] = {}
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
        if self._state is None and self._snapshot is not None:
            self._start_from_disk()
        if self._snapshot is None or self._state is None:
            return
        routing = Routing(self._snapshot, self._state.parent, self._state.heads, self._state.notes)
        if routing.key != self._published:
            self._publish(routing)
            self._published = routing.key

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
            state = self._follow(self._reader, self._reader.champions(self._prefix))
        except RegistryError as error:
            self.status = replace(self.status, registry_up=False, registry_error=str(error))
            return
        self.status = FollowerStatus(True, "", monotonic(), self.status.snapshot_error, self._refusals())
        before = self._state
        self._state = state
        if before is None or _versions(before) != _versions(state):
            self._store.remember([*([state.parent] if state.parent else []), *state.heads.values()])

    def _start_from_disk(self) -> None:
        found = {self._store.segment_of(each.name): each for each in self._store.remembered()}
        parent = found.pop(GLOBAL, None)
        if parent is None:
            return
        heads = {segment: each for segment, each in found.items() if each.parent_version == parent.version}
        self._state = _State(parent, heads)

    def _follow(self, reader: RegistryReader, champions: Champions) -> _State:
        old = self._state or _State()
        if old.parent is not None and old.parent.name not in champions.models:
            raise RegistryError(f"the registry knows no model '{old.parent.name}' any more: the last good state stays")
        notes: dict[str, str] = {}
        parent = self._take(reader, f"{self._prefix}{GLOBAL}", champions, old.parent, notes)
        heads = {}
        for name in sorted(champions.versions):
            segment = self._store.segment_of(name)
            if segment == GLOBAL or not self._lives(segment):
                continue
            head = self._take_head(reader, name, champions, old.heads.get(segment), parent, notes)
            if head is not None:
                heads[segment] = head
        return _State(parent, heads, notes)

    def _lives(self, segment: str) -> bool:
        return self._snapshot is None or segment in self._snapshot.segments

    def _take_head(
        self,
        reader: RegistryReader,
        name: str,
        champions: Champions,
        old: ServedModel | None,
        parent: ServedModel | None,
        notes: dict[str, str],
    ) -> ServedModel | None:
        live = parent.version if parent else ""
        current = old if old and old.parent_version == live else None
        version = champions.versions[name]
        segment = self._store.segment_of(name)
        if current is None or current.version != version:
            proved_on = reader.tags(name, version).get("parent_version", "")
            if proved_on != live:
                found = f"global version {proved_on}" if proved_on else "no named global version"
                notes[segment] = (
                    f"champion version {version} was proved against {found}, and {live or 'none'} is live: "
                    "the global model serves until it is proved again"
                )
                return None
        return self._take(reader, name, champions, current, notes)

    def _take(
        self,
        reader: RegistryReader,
        name: str,
        champions: Champions,
        old: ServedModel | None,
        notes: dict[str, str],
    ) -> ServedModel | None:
        version = champions.versions.get(name)
        if version is None:
            return None
        if old is not None and old.version == version:
            return old
        reason = self._still_refused(name, version)
        if not reason:
            try:
                return self._store.obtain(reader, name, version, reader.tags(name, version))
            except ModelRefusedError as error:
                reason = str(error)
                _log.warning("%s", reason)
                self._refused[(name, version)] = (monotonic(), reason)
        notes[self._store.segment_of(name)] = reason
        return old

    def _still_refused(self, name: str, version: str) -> str:
        since, reason = self._refused.get((name, version), (0.0, ""))
        if reason and monotonic() - since > _RETRY_REFUSED_SECONDS:
            del self._refused[(name, version)]
            return ""
        return reason

    def _refusals(self) -> dict[str, str]:
        return {f"{name} {version}": reason for (name, version), (_, reason) in self._refused.items()}


def _versions(state: _State) -> tuple[object, ...]:
    heads = sorted((segment, each.version) for segment, each in state.heads.items())
    return (state.parent.version if state.parent else "", tuple(heads))
