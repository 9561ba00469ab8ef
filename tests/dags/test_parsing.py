"""Airflow parses the DAG files every few seconds and again in every task: that must cost nothing and touch nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dags.airflow_parts import ROOT, airflow_variables

FILES = sorted(file.stem for file in (ROOT / "dags").glob("*.py"))
LIMIT_SECONDS = 0.2
LIGHT = {"conventions", "notification"}
OF_AIRFLOW = {"airflow", "packaging"}

HEAVY = """
import pandas
import json
from pathlib import Path

json.loads(Path(__file__).with_suffix(".json").read_text())
"""


def probed(folder: Path, home: Path) -> dict[str, Any]:
    probe = Path(__file__).with_name("parsing_probe.py")
    environment = {**os.environ, **airflow_variables(home)}
    argv = [sys.executable, str(probe), str(folder)]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, cwd=home)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return probed(ROOT / "dags", tmp_path_factory.mktemp("airflow"))


@pytest.mark.xdist_group("dags")
class TestParsing:
    def test_every_file_is_looked_at(self, parsed: dict[str, Any]) -> None:
        assert sorted(parsed) == FILES
        assert len(FILES) >= 7

    @pytest.mark.parametrize("file", FILES)
    def test_parsing_takes_a_fifth_of_a_second_at_most(self, parsed: dict[str, Any], file: str) -> None:
        assert parsed[file]["seconds"] <= LIMIT_SECONDS

    @pytest.mark.parametrize("file", FILES)
    def test_parsing_imports_nothing_beyond_airflow_and_the_conventions(
        self, parsed: dict[str, Any], file: str
    ) -> None:
        assert set(parsed[file]["imported"]) <= LIGHT | OF_AIRFLOW

    @pytest.mark.parametrize("file", FILES)
    def test_parsing_touches_no_file_no_network_and_no_database(self, parsed: dict[str, Any], file: str) -> None:
        assert parsed[file]["touched"] == []

    def test_a_file_that_imports_and_reads_is_caught(self, tmp_path: Path) -> None:
        (tmp_path / "heavy.py").write_text(HEAVY)
        (tmp_path / "heavy.json").write_text("{}")
        found = probed(tmp_path, tmp_path)["heavy"]
        assert "pandas" in found["imported"]
        assert any(touched.endswith("heavy.json") for touched in found["touched"])
        assert found["seconds"] >= 0
