"""A small shop, ingested once; tests that write work on a copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from interactions.simulation import Scenario, simulate
from tessera.membership import FIRST_FIT_DAYS
from tessera.settings import Settings, load
from warehouse.store import Store

END = date(2026, 6, 29)
START = date(2026, 5, 16)
FIT_DAYS = tuple(START + timedelta(days=FIRST_FIT_DAYS + 7 * n) for n in range(3))
SMALL = {
    "TESSERA_THREADS": "1",
    "TESSERA_SEGMENTATION__MINIMUM_SIZE": "25",
    "TESSERA_SEGMENTATION__BOOTSTRAPS": "2",
    "TESSERA_SEGMENTATION__K_RANGE": "[2, 3]",
    "TESSERA_SEGMENTATION__STABILITY_FLOOR": "0.0",
}


class Environment:
    """Settings as they come: from variables that a test sets, in a folder of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = folder
        self._patch = patch
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("TESSERA_")]:
            patch.delenv(name)
        load.cache_clear()

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)
        load.cache_clear()

    def load(self, **variables: str) -> Settings:
        self.set(**variables)
        return load()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Environment]:
    yield Environment(monkeypatch, tmp_path)
    load.cache_clear()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries of 180 users over 44 days; the last 7 days drift."""
    folder: Path = tmp_path_factory.mktemp("shop")
    sizes = {"users": 180, "items": 60, "days": (END - START).days, "events": 5000}
    simulate(folder / "deliveries", replace(Scenario.demo(), **sizes))
    return folder / "deliveries"


@pytest.fixture(scope="session")
def ingested(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake holds the shop, with the features of the days that segments are fitted on."""
    from tessera.ingestion import ingest_window
    from tessera.lake import LakeSource
    from warehouse.windows import Window

    home: Path = tmp_path_factory.mktemp("ingested")
    settings = Settings(home=home, source=shop, threads=1)
    store = Store(settings.lake)
    ingest_window(store, settings, Window(START, END))
    source = LakeSource(store, settings)
    for day in FIT_DAYS:
        source.users(day)
    return home


@pytest.fixture
def small_shop(environment: Environment, ingested: Path, tmp_path: Path) -> Callable[[str], Settings]:
    """Settings over a fresh copy of the ingested home."""

    def copy(name: str = "home") -> Settings:
        home = tmp_path / name
        shutil.copytree(ingested, home)
        return environment.load(**SMALL, TESSERA_HOME=str(home))

    return copy
