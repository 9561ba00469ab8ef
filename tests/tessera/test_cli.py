"""The commands on a small real shop; those of models are in ``test_cli_models.py``."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tessera.cli import app
from tessera.cli.guarding import MENDABLE
from tessera.settings import Settings
from tests.tessera.conftest import END, SMALL, START, Environment
from warehouse.store import Store

pytestmark = pytest.mark.xdist_group("shop")
Shop = Callable[..., Settings]
NOWHERE = "http://127.0.0.1:9"


def run(*arguments: object, expect: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == expect, f"{result.output}\n{result.exception!r}"
    return result.output


def test_simulated_events_become_segments(environment: Environment, tmp_path: Path) -> None:
    environment.set(**SMALL, TESSERA_HOME=str(tmp_path / "home"), TESSERA_SOURCE=str(tmp_path / "shop"))
    sizes = ("--users", 120, "--items", 50, "--days", 30, "--events", 3000, "--seed", 1)
    assert "the truth is in" in run("simulate", "--out", tmp_path / "shop", *sizes)
    start = END - timedelta(days=30)
    assert "received" in run("ingest", "--start", start, "--end", END)
    segments = run("segment", "--as-of", END)
    assigned = Store(tmp_path / "home" / "lake").frame("segment_assignments")
    assert all(f"│ {segment} " in segments for segment in set(assigned["segment_id"]))
    user = assigned["user_id"].iloc[0]
    assert "events_total" in run("features", "--as-of", END, "--user", user)
    assert "no user 'nobody'" in run("features", "--as-of", END, "--user", "nobody", expect=2)
    before = run("status", "--hashes")
    run("ingest", "--start", start, "--end", END)
    assert run("status", "--hashes") == before
    assert "interactions" in before


def test_the_registry_of_features_is_listed_without_any_data(environment: Environment) -> None:
    listed = run("features", "--list")
    assert "events_7d" in listed
    assert "price_tier" in listed
    run("features", expect=2)


@pytest.mark.parametrize("command", ["train", "monitor", "publish"])
def test_a_silent_mlflow_is_named_at_once(environment: Environment, command: str) -> None:
    environment.set(TESSERA_MLFLOW_URI=NOWHERE)
    began = time.monotonic()
    said = run(command, "--as-of", END, expect=2)
    assert f"MLflow does not answer at {NOWHERE}" in said
    assert time.monotonic() - began < 10


def test_a_silent_api_is_named_with_the_way_around_it(environment: Environment) -> None:
    environment.set(TESSERA_API_URL=NOWHERE)
    said = run("recommend", "u1", expect=2)
    assert f"the API does not answer at {NOWHERE}" in said
    assert "--as-of" in said


def test_published_lists_are_shown_in_their_order(small_shop: Shop) -> None:
    import pandas as pd

    from warehouse.windows import Window

    settings = small_shop()
    row = {"as_of": END, "user_id": "u1", "score": 1.5, "layer": "segment", "segment_id": "s1", "model_version": "m/1"}
    rows = pd.DataFrame([row | {"rank": rank, "item_id": f"item-{rank}"} for rank in (3, 1, 2)])
    Store(settings.lake).replace("recommendations", rows, Window.day(END))
    shown = run("recommend", "u1", "--k", 2, "--as-of", END)
    assert shown.index("item-1") < shown.index("item-2")
    assert "item-3" not in shown
    assert "'stranger' had no events" in run("recommend", "stranger", "--as-of", END, expect=2)
    assert f"nothing was published as of {START}" in run("recommend", "u1", "--as-of", START, expect=2)


def test_a_mistake_ends_in_one_message_and_status_2(environment: Environment) -> None:
    said = run("simulate", "nowhere.yaml", "--out", "x", expect=2)
    assert said.startswith("error: ")
    assert "Traceback" not in said
    assert "expected a day as YYYY-MM-DD" in run("segment", "--as-of", "2026-13-01", expect=2)
    environment.set(TESSERA_THREADS="0")
    assert "threads (TESSERA_THREADS)" in run("status", expect=2)


def test_debug_shows_where_a_mistake_came_from(environment: Environment) -> None:
    result = CliRunner().invoke(app, ["--debug", "simulate", "nowhere.yaml", "--out", "x"])
    assert isinstance(result.exception, FileNotFoundError)


def test_every_mendable_error_exists() -> None:
    import importlib

    for name in MENDABLE:
        module, _, kind = name.rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), kind), Exception), name


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    program = (
        "import sys; from tessera.cli import app; app(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = done.stdout.splitlines()[-1]
    for heavy in ("pandas", "numpy", "pyarrow", "deltalake", "mlflow", "pydantic", "airflow", "ibis", "httpx"):
        assert f"'{heavy}'" not in loaded, f"{heavy} is loaded to print help"


def test_the_generated_pages_are_up_to_date() -> None:
    folder = Path(__file__).parents[2] / "docs"
    assert "up to date" in run("docs", "--check", "--folder", folder), "run: make docs"


def test_a_stale_page_is_found_and_written(environment: Environment, tmp_path: Path) -> None:
    assert "out of date: features.md, cli.md" in run("docs", "--check", "--folder", tmp_path, expect=1)
    assert "written" in run("docs", "--folder", tmp_path)
    assert "## `tessera segment`" in (tmp_path / "cli.md").read_text()
    run("docs", "--check", "--folder", tmp_path)
