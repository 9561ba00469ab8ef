"""The plugin's pages inside Airflow's real web application, with users of its simple login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.airflow_parts import ROOT, airflow_variables
from tests.tessera.overview.small_lake import small_lake

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

pytestmark = pytest.mark.xdist_group("dags")

PASSWORDS = {"admin": "secret of admin", "viewer": "secret of viewer"}
LOADING = """
import sys
import airflow.sdk.plugins_manager
known = set(sys.modules)
import segments_page
print(*(set(sys.modules) - known))
"""
PAGES = ("/tessera/segments", "/tessera/segments/s2", "/tessera/assets/page.js", "/tessera/segments?q=x")


@pytest.fixture(scope="module")
def client(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Airflow's web application with the plugin, over a lake that is known."""
    home = tmp_path_factory.mktemp("page")
    small_lake(home / "lake")
    (home / "passwords.json").write_text(json.dumps(PASSWORDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESSERA_HOME", str(home))
        patch.setenv("TESSERA_MLFLOW_URI", "http://127.0.0.1:9")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin,viewer:viewer")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(home / "passwords.json"))
        yield from _client(patch)


def _client(patch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    from airflow import plugins_manager
    from airflow import settings as airflow_settings
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from fastapi.testclient import TestClient

    from tessera.settings import load

    load.cache_clear()
    patch.setattr(airflow_settings, "PLUGINS_FOLDER", str(ROOT / "plugins"))
    patch.syspath_prepend(str(ROOT / "plugins"))
    for read in (plugins_manager._get_plugins, plugins_manager.get_fastapi_plugins, plugins_manager._get_ui_plugins):
        read.cache_clear()
    purge_cached_app()
    with TestClient(create_app(), follow_redirects=False) as client:
        yield client
    load.cache_clear()


def token(client: TestClient, user: str) -> str:
    answer = client.post("/auth/token", json={"username": user, "password": PASSWORDS[user]})
    return str(answer.json()["access_token"])


def headers(client: TestClient, user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(client, user)}"}


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_logged_in_is_sent_to_the_login(client: TestClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/auth/login?next=")
    assert "Evening" not in answer.text


def test_every_address_of_the_plugin_is_one_of_those(client: TestClient) -> None:
    from segments_application import app

    assert {route.path for route in app.routes} == {"/segments", "/segments/{segment_id}", "/assets/{name}"}
    assert client.get("/tessera/docs").status_code == client.get("/tessera/openapi.json").status_code == 404


@pytest.mark.parametrize("wrong", ["no token", "a.b.c"])
def test_a_made_up_session_sees_nothing(client: TestClient, wrong: str) -> None:
    for given in ({"Authorization": f"Bearer {wrong}"}, {"Cookie": f"_token={wrong}"}):
        assert client.get("/tessera/segments", headers=given).status_code in (303, 401, 403)


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_may_look(client: TestClient, page: str) -> None:
    answer = client.get(page, headers=headers(client, "viewer"))
    assert answer.status_code == 200
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


def test_the_session_of_airflows_own_pages_is_enough(client: TestClient) -> None:
    answer = client.get("/tessera/segments", headers={"Cookie": f"_token={token(client, 'viewer')}"})
    assert "Evening users" in answer.text


@pytest.mark.parametrize(("user", "may"), [("admin", True), ("viewer", False)])
def test_buttons_are_offered_to_those_whom_airflow_would_let(client: TestClient, user: str, may: bool) -> None:
    page = client.get("/tessera/segments/s2", headers=headers(client, user)).text
    [button] = [part for part in page.split("<button")[1:] if "train_segments" in part]
    assert ("disabled" not in button.split(">")[0]) is may


@pytest.mark.parametrize("dag", ["train_segments", "move_champion"])
def test_what_a_viewer_may_not_do_airflow_refuses(client: TestClient, dag: str) -> None:
    body: dict[str, Any] = {"logical_date": None, "conf": {}}
    answer = client.post(f"/api/v2/dags/{dag}/dagRuns", json=body, headers=headers(client, "viewer"))
    assert answer.status_code == 403


def test_a_form_of_another_site_starts_nothing(client: TestClient) -> None:
    """A browser sends forms and plain text across sites without asking; Airflow takes JSON alone."""
    session = {"Cookie": f"_token={token(client, 'admin')}"}
    text = {**session, "Content-Type": "text/plain"}
    path = "/api/v2/dags/train_segments/dagRuns"
    assert client.post(path, content='{"logical_date": null}', headers=text).status_code == 422
    assert client.post(path, data={"logical_date": ""}, headers=session).status_code == 422


def test_what_is_not_there_is_said(client: TestClient) -> None:
    allowed = headers(client, "admin")
    assert "no segment 's9' lives" in client.get("/tessera/segments/s9", headers=allowed).text
    assert client.get("/tessera/assets/secrets.py", headers=allowed).status_code == 404


def test_airflow_shows_the_entry(client: TestClient) -> None:
    plugins = client.get("/api/v2/plugins", headers=headers(client, "admin")).json()["plugins"]
    [entry] = [view for plugin in plugins for view in plugin["external_views"]]
    assert (entry["name"], entry["url_route"], entry["destination"]) == ("Segments", "segments", "nav")


def test_a_task_that_loads_the_plugin_imports_nothing_for_it(tmp_path: Path) -> None:
    environment = {**os.environ, **airflow_variables(tmp_path), "PYTHONPATH": str(ROOT / "plugins")}
    argv = [sys.executable, "-c", LOADING]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["segments_page"]
