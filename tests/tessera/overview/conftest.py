from __future__ import annotations

from pathlib import Path

import pytest

from tessera.overview.tables import Tables
from tessera.settings import Settings
from tests.tessera.overview.small_lake import small_lake

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def lake_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake no test writes to."""
    home: Path = tmp_path_factory.mktemp("overview")
    small_lake(home / "lake")
    return home


@pytest.fixture
def settings(lake_home: Path) -> Settings:
    """With a registry that never answers."""
    return Settings(home=lake_home, mlflow_uri=NOBODY)


@pytest.fixture
def tables(lake_home: Path) -> Tables:
    from warehouse.store import Store

    return Tables(Store(lake_home / "lake"))
