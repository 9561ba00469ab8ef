"""A real MLflow server: aliases are followed within seconds, and its death changes nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from recommender import artifact
from recommender.head import SegmentHead

pytestmark = pytest.mark.end_to_end


@dataclass(frozen=True)
class Mlflow:
    """A server process and the few calls that register a model; no client library needed."""

    process: subprocess.Popen[bytes]
    http: httpx.Client

    def register(self, name: str, folder: Path, **tags: str) -> str:
        self.http.post("/api/2.0/mlflow/registered-models/create", json={"name": name})
        run = self._post("runs/create", experiment_id="0")["run"]["info"]
        place = f"{run['artifact_uri']}/model"
        for path in folder.iterdir():
            route = place.replace("mlflow-artifacts:", "/api/2.0/mlflow-artifacts/artifacts")
            self.http.put(f"{route}/{path.name}", content=path.read_bytes()).raise_for_status()
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        made = self._post("model-versions/create", name=name, source=place, run_id=run["run_id"], tags=listed)
        return str(made["model_version"]["version"])

    def promote(self, name: str, version: str) -> None:
        self._post("registered-models/alias", name=name, alias="champion", version=version)

    def withdraw(self, name: str) -> None:
        parameters = {"name": name, "alias": "champion"}
        url = "/api/2.0/mlflow/registered-models/alias"
        self.http.request("DELETE", url, params=parameters, json=parameters).raise_for_status()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def _post(self, route: str, **body: Any) -> Any:
        return self.http.post(f"/api/2.0/mlflow/{route}", json=body).raise_for_status().json()


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "files"),
    ]
    lean = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | lean, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    server = Mlflow(process, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))
    try:
        _wait_until_up(server, folder / "log")
        yield server
    finally:
        server.kill()


def _wait_until_up(server: Mlflow, log: Path) -> None:
    end = monotonic() + 180
    while monotonic() < end and server.process.poll() is None:
        with suppress(httpx.HTTPError):
            if server.http.get("/health").status_code == 200:
                return
        sleep(0.2)
    pytest.fail(f"the MLflow server did not come up:\n{log.read_text()[-2000:]}")


def test_a_moved_alias_changes_the_answer_within_five_seconds_and_a_dead_server_changes_nothing_f24(
    mlflow: Mlflow, config: Any, client_of: Any, artifacts: Path, tmp_path: Path, eventually: Any
) -> None:
    parent = mlflow.register("tessera-global", artifacts / "global", as_of="2026-02-15")
    mlflow.promote("tessera-global", parent)
    first = mlflow.register("tessera-s1", artifacts / "s1", parent_version=parent)
    artifact.save(SegmentHead("s1", {"i38": 50.0}, prior_weight=10.0, parent_version=parent), tmp_path / "second", {})
    second = mlflow.register("tessera-s1", tmp_path / "second", parent_version=parent)
    client = client_of(replace(config, registry_uri=str(mlflow.http.base_url), poll_seconds=1.0, trial_load=True))

    def served() -> tuple[str, str, str]:
        answer = client.get("/recommendations/u03").json()
        return answer["model"], answer["version"], answer["items"][0]["item_id"]

    assert served()[:2] == ("tessera-global", parent)
    mlflow.promote("tessera-s1", first)
    eventually(lambda: served() == ("tessera-s1", first, "i39"), 5)
    mlflow.promote("tessera-s1", second)
    eventually(lambda: served() == ("tessera-s1", second, "i38"), 5)
    mlflow.withdraw("tessera-s1")
    eventually(lambda: served()[:2] == ("tessera-global", parent), 5)
    mlflow.promote("tessera-s1", first)
    eventually(lambda: served() == ("tessera-s1", first, "i39"), 5)

    before = client.get("/recommendations/u03").content
    mlflow.kill()
    eventually(lambda: client.get("/health/ready").json()["registry"]["up"] is False, 10)
    assert client.get("/recommendations/u03").content == before
    assert client.get("/health/ready").status_code == 200
    restarted = client_of(replace(config, registry_uri=str(mlflow.http.base_url)))
    assert restarted.get("/recommendations/u03").content == before
