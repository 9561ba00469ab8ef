"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# a deadline measures the machine's load, not the code: timed things are benchmarks
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker (``--dist loadgroup``), and all tests of DAGs, which share a trained lake."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        file = item.path.relative_to(item.config.rootpath).as_posix()
        item.add_marker(pytest.mark.xdist_group("dags" if file.startswith("tests/dags/") else file))
