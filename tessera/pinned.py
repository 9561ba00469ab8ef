"""A lake at rest: every table at the version it had when the reader was made."""

from __future__ import annotations

from collections.abc import Mapping

from deltalake import DeltaTable

from warehouse.store import Snapshot, Store


class PinnedStore(Store):
    """Reads ``store``'s tables, by name too, at the versions in ``snapshots``; other tables at their newest.

    What reads a whole table by its name (features do) then reads the same rows however long it takes and whoever
    writes meanwhile.
    """

    def __init__(self, store: Store, snapshots: Mapping[str, Snapshot]) -> None:
        super().__init__(store.root)
        self._snapshots = dict(snapshots)

    def snapshot(self, table: str) -> Snapshot:
        """The pinned version of ``table``."""
        return self._snapshots.get(table) or super().snapshot(table)

    def _open(self, source: str | Snapshot) -> DeltaTable:
        return super()._open(self._snapshots.get(source, source) if isinstance(source, str) else source)
