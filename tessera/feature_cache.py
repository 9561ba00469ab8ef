"""Features that were computed once for a snapshot of the lake, kept in files."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

import pandas as pd

from tessera.settings import Settings
from warehouse.pruning import use_folder
from warehouse.store import Store

KEPT: Final = 8
"""So many snapshots keep their features, the ones used last: what is computed once more is not lost."""

Entity = Literal["users", "items"]


class FeatureCache:
    """Features of one snapshot under ``home/cache``: they depend on it, on the settings of features and the day alone.

    Args:
        store: the lake, pinned to the snapshot.
        settings: where to keep files, memory, threads and the settings of features.
        name: a name of exactly what ``store`` reads.
    """

    def __init__(self, store: Store, settings: Settings, name: str) -> None:
        self.store = store
        self.settings = settings
        chosen = hashlib.sha256(repr(settings.features).encode()).hexdigest()[:8]
        self.folder = settings.home / "cache" / "features" / f"{name}-{chosen}"

    def read(self, as_of: date, entity: Entity) -> pd.DataFrame:
        """The features of all users or items as of a day."""
        file = self._file(as_of, entity)
        try:
            features = pd.read_parquet(file)
        except FileNotFoundError:  # never computed, or removed by another task
            self._compute(as_of)
            features = pd.read_parquet(file)
        use_folder(self.folder, KEPT)
        return features

    def _file(self, as_of: date, entity: Entity) -> Path:
        return self.folder / f"{as_of}-{entity}.parquet"

    def _compute(self, as_of: date) -> None:
        from interactions.features import export_features
        from warehouse.engine import duckdb_engine

        engine = duckdb_engine(self.settings.memory_limit, self.settings.threads)
        self.folder.mkdir(parents=True, exist_ok=True)
        files = self._file(as_of, "users"), self._file(as_of, "items")
        # two tasks may compute the same day: a file appears whole or not at all
        aside = uuid4().hex
        parts = files[0].with_suffix(f".{aside}.aside"), files[1].with_suffix(f".{aside}.aside")
        closings = self.settings.home / "cache" / "closings"
        export_features(engine, self.store, as_of, parts, self.settings.features, closings)
        for part, file in zip(parts, files, strict=True):
            part.replace(file)
