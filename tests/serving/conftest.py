"""A small shop with a fitted spine, heads, a snapshot, and a registry made of a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from recommender import artifact
from recommender.head import SegmentHead
from recommender.settings import RankerSettings, SpineSettings
from recommender.source import FrameSource
from recommender.spine import Spine
from serving.app import create_app
from serving.config import ServingConfig
from serving.errors import ModelRefusedError, RegistryError
from serving.registry import Champions
from serving.snapshot import write_snapshot
from warehouse.windows import Window

START, AS_OF = date(2026, 1, 1), date(2026, 2, 15)
USERS, ITEMS = 60, 40
ARRIVAL = datetime(2026, 2, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shop() -> FrameSource:
    """Sixty users who each like every third item."""
    rng = np.random.default_rng(5)
    owners = rng.integers(0, USERS, 1200)
    liked = rng.random(1200) < 0.8
    items = np.where(liked, owners % 3 + 3 * rng.integers(0, ITEMS // 3, 1200), rng.integers(0, ITEMS, 1200))
    seconds = rng.integers(0, (AS_OF - START).days * 86_400, 1200)
    log = pd.DataFrame(
        {
            "user_id": [f"u{n:02d}" for n in owners],
            "item_id": [f"i{n:02d}" for n in items],
            "event_type": "view",
            "ts": (pd.Timestamp(START, tz="UTC") + pd.to_timedelta(seconds, unit="s")).as_unit("us"),
            "weight": np.float32(1),
            "positive": True,
            "session_id": None,
            "price": np.nan,
        }
    )
    names = [f"i{n:02d}" for n in range(ITEMS)]
    catalogue = pd.DataFrame({"item_id": names, "title": [f"Item {n}" for n in names], "category": "c", "price": 1.0})
    people = pd.DataFrame({"user_id": [f"u{n:02d}" for n in range(USERS)], "gender": ["f", "m"] * (USERS // 2)})
    return FrameSource(log.sort_values("ts", ignore_index=True), catalogue, people, Window(START, AS_OF))


@pytest.fixture(scope="session")
def spine(shop: FrameSource) -> Spine:
    ranker = RankerSettings(seeds=(1,), trees=5, minimum_leaf=5, minimum_users=10)
    settings = SpineSettings(candidates=12, order="ranker", ranker=ranker).with_parameters(
        "als", factors=4, iterations=2
    )
    return Spine.fit(shop, AS_OF, settings)


@pytest.fixture(scope="session")
def artifacts(spine: Spine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts on disk: ``global`` and heads ``s1``, ``s2`` (each pulls one item to the top)."""
    folder = tmp_path_factory.mktemp("artifacts")
    artifact.save(spine, folder / "global", {"note": "tests"})
    for segment, item in (("s1", "i39"), ("s2", "i38")):
        head = SegmentHead(segment, {item: 50.0}, prior_weight=10.0, parent_version="1")
        artifact.save(head, folder / segment, {})
    return folder


SnapshotWriter = Callable[..., Path]


@pytest.fixture
def snapshot_of(shop: FrameSource) -> SnapshotWriter:
    """Writes the shop's snapshot into a folder; keyword arguments replace parts of it."""

    def write(folder: Path, **changes: Any) -> Path:
        half = USERS // 2
        segments = pd.DataFrame({"segment_id": ["s1", "s2"], "name": ["Early birds", "Owls"], "band": "regular"})
        parts: dict[str, Any] = {
            "as_of": AS_OF,
            "events": shop.log[["user_id", "item_id", "event_type", "ts", "weight"]],
            "user_features": shop.people,
            "assignments": pd.DataFrame(
                {"user_id": shop.people["user_id"], "segment_id": ["s1"] * half + ["s2"] * half}
            ),
            "segments": segments,
            "items": shop.catalogue,
            "popular": ["i05", "i04"],
            "popular_by_segment": {"s1": ["i07", "i08"], "s2": ["i09"]},
            "new_user_segment": "s2",
        }
        return write_snapshot(folder, **(parts | changes))

    return write


@dataclass
class FolderRegistry:
    """A registry that tests move by hand; ``down`` makes every call fail as a dead server would."""

    folders: dict[tuple[str, str], Path] = field(default_factory=dict)
    version_tags: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    down: bool = False
    fetched: int = 0

    def add(self, name: str, version: str, folder: Path, champion: bool = True, **tags: str) -> None:
        self.folders[(name, version)] = folder
        self.version_tags[(name, version)] = tags
        if champion:
            self.aliases[name] = version

    def champions(self, prefix: str) -> Champions:
        self._alive()
        return Champions(frozenset(name for name, _ in self.folders), dict(self.aliases))

    def tags(self, name: str, version: str) -> Mapping[str, str]:
        self._alive()
        return self.version_tags[(name, version)]

    def fetch(self, name: str, version: str, path: str, target: Path, limit: int) -> None:
        self._alive()
        self.fetched += 1
        source = self.folders[(name, version)] / path
        if not source.is_file() or source.stat().st_size > limit:
            raise ModelRefusedError(f"no file {path} of at most {limit} bytes")
        shutil.copyfile(source, target)

    def _alive(self) -> None:
        if self.down:
            raise RegistryError("connection refused")


@pytest.fixture
def registry(artifacts: Path) -> FolderRegistry:
    """Global version 1, and a proved head for ``s1``; ``s2`` has no champion."""
    registry = FolderRegistry()
    registry.add("tessera-global", "1", artifacts / "global", as_of="2026-02-15")
    registry.add("tessera-s1", "1", artifacts / "s1", parent_version="1")
    return registry


@pytest.fixture
def config(tmp_path: Path, snapshot_of: SnapshotWriter) -> ServingConfig:
    """A published snapshot, and empty folders beside it."""
    snapshot_of(tmp_path / "snapshots")
    return ServingConfig(
        snapshots=tmp_path / "snapshots",
        models=tmp_path / "models",
        spool=tmp_path / "spool",
        poll_seconds=0.05,
        trial_load=False,
    )


ClientMaker = Callable[..., TestClient]


@pytest.fixture
def client_of() -> Iterator[ClientMaker]:
    """Starts the API, waits until it is ready (unless told not to), and stops it after the test."""
    started: list[TestClient] = []

    def start(config: ServingConfig, registry: Any = None, ready: bool = True) -> TestClient:
        client = TestClient(create_app(config, registry, lambda: ARRIVAL), raise_server_exceptions=False)
        client.__enter__()
        started.append(client)
        if ready:
            wait_for(lambda: client.get("/health/ready").status_code == 200, 60)
        return client

    yield start
    for client in started:
        client.__exit__(None, None, None)


def wait_for(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Return as soon as ``holds``; fail after ``seconds``."""
    from time import monotonic, sleep

    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end, f"did not happen within {seconds} s"
        sleep(0.02)


@pytest.fixture
def eventually() -> Callable[..., None]:
    return wait_for
