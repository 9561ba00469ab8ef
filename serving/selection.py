"""Which verified models serve: the registry's champions, less those that may not or cannot."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic

from serving.errors import ModelRefusedError, RegistryError
from serving.ladder import ask
from serving.models import GLOBAL, ModelStore, ServedModel
from serving.registry import Champions, RegistryReader
from serving.routing import Routing
from serving.snapshot import Snapshot

_RETRY_REFUSED_SECONDS = 30.0
_WARM_UP_K = 10

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Selection:
    """The parent, the head of each segment, and why a registered champion does not serve (``notes`` by segment)."""

    parent: ServedModel | None = None
    heads: Mapping[str, ServedModel] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def models(self) -> list[ServedModel]:
        """Everything that serves, the parent first."""
        return [*([self.parent] if self.parent else []), *self.heads.values()]


@dataclass(frozen=True)
class _Look:
    reader: RegistryReader
    champions: Champions
    snapshot: Snapshot | None
    notes: dict[str, str]


class Selector:
    """Turns the registry's aliases into verified models in memory.

    Args:
        store: local copies of models.
        prefix: what registered names start with.
    """

    def __init__(self, store: ModelStore, prefix: str) -> None:
        self._store = store
        self.prefix = prefix
        self._refused: dict[tuple[str, str], tuple[float, str]] = {}

    def select(
        self, reader: RegistryReader, champions: Champions, before: Selection | None, snapshot: Snapshot | None
    ) -> Selection:
        """Load what moved and keep what did not; a version that fails a check leaves its predecessor in place.

        Raises:
            RegistryError: the registry fell silent, or forgot the very model that serves.
        """
        old = before or Selection()
        if old.parent is not None and old.parent.name not in champions.models:
            raise RegistryError(f"the registry knows no model '{old.parent.name}' any more: the last good state stays")
        look = _Look(reader, champions, snapshot, {})
        parent = self._take(look, self.prefix + GLOBAL, old.parent, None)
        heads = {}
        for segment in self._claimed(look):
            head = self._take_head(look, segment, old.heads.get(segment), parent)
            if head is not None:
                heads[segment] = head
        chosen = Selection(parent, heads, look.notes)
        if before is None or _versions(before) != _versions(chosen):
            self._store.remember(chosen.models())
        return chosen

    def from_disk(self) -> Selection | None:
        """The last good state; ``None`` where no verified global model is at hand."""
        found = {self._store.segment_of(each.name): each for each in self._store.remembered()}
        parent = found.pop(GLOBAL, None)
        if parent is None:
            return None
        return Selection(parent, {key: each for key, each in found.items() if each.parent_version == parent.version})

    def refusals(self) -> dict[str, str]:
        """The versions that failed a check, and which."""
        return {f"{name} {version}": reason for (name, version), (_, reason) in self._refused.items()}

    def _claimed(self, look: _Look) -> list[str]:
        segments = [self._store.segment_of(name) for name in sorted(look.champions.versions)]
        living = look.snapshot.segments if look.snapshot else segments
        return [segment for segment in segments if segment != GLOBAL and segment in living]

    def _take_head(
        self, look: _Look, segment: str, old: ServedModel | None, parent: ServedModel | None
    ) -> ServedModel | None:
        name = self.prefix + segment
        version, live = look.champions.versions[name], parent.version if parent else ""
        current = old if old and old.parent_version == live else None
        if current is None or current.version != version:
            proved_on = look.reader.tags(name, version).get("parent_version", "")
            if not live or proved_on != live:
                look.notes[segment] = _unproved(version, proved_on, live)
                return None
        return self._take(look, name, current, parent)

    def _take(self, look: _Look, name: str, old: ServedModel | None, parent: ServedModel | None) -> ServedModel | None:
        version = look.champions.versions.get(name)
        if version is None or (old is not None and old.version == version):
            return old if version else None
        reason = self._still_refused(name, version)
        if not reason:
            try:
                return self._loaded(look, name, version, parent)
            except ModelRefusedError as error:
                reason = str(error)
                _log.warning("%s", reason)
                self._refused[(name, version)] = (monotonic(), reason)
        look.notes[self._store.segment_of(name)] = reason
        return old

    def _loaded(self, look: _Look, name: str, version: str, parent: ServedModel | None) -> ServedModel:
        served = self._store.obtain(look.reader, name, version, look.reader.tags(name, version))
        if look.snapshot is not None:
            _warm_up(served, Routing(look.snapshot, parent or served, {}, {}))
        self._refused.pop((name, version), None)
        return served

    def _still_refused(self, name: str, version: str) -> str:
        since, reason = self._refused.get((name, version), (0.0, ""))
        return reason if monotonic() - since < _RETRY_REFUSED_SECONDS else ""


def _warm_up(served: ServedModel, routing: Routing) -> None:
    # the first request of a model pays for its lazy parts: let nobody wait for them, and see that it answers at all
    try:
        ask(routing, served, "", _WARM_UP_K)
    except Exception as error:
        raise ModelRefusedError(f"{served.name} version {served.version} cannot answer: {error!r}") from error


def _unproved(version: str, proved_on: str, live: str) -> str:
    found = f"global version {proved_on}" if proved_on else "a global version it does not name"
    if not live:
        return f"champion version {version} was measured against {found}, but no global model is live"
    return (
        f"champion version {version} was measured against {found}, but version {live} is live: "
        "the global model serves until the head is proved again"
    )


def _versions(selection: Selection) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((each.name, each.version) for each in selection.models()))
