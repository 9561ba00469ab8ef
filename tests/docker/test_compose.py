"""docker/compose.yaml and docker/Dockerfile against the components that the demo starts."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tessera.platform.components import Component
from tessera.platform.containers import SECRET_FOLDER, container_components, container_plan
from tessera.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPONENTS = {component.name: component for component in container_components()}
each_component = pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
each_service = pytest.mark.parametrize("name", SERVICES)


def plain_environment(name: str) -> dict[str, str]:
    return {key: value for key, value in SERVICES[name]["environment"].items() if not is_secret(value)}


def is_secret(value: str) -> bool:
    return value.startswith(SECRET_FOLDER)


def test_the_services_are_the_components_and_the_database_server() -> None:
    assert set(SERVICES) == {*COMPONENTS, "postgres"}


@each_component
def test_a_service_runs_its_components_command(component: Component) -> None:
    assert tuple(SERVICES[component.name]["command"]) == component.argv


@each_component
def test_a_service_has_exactly_its_components_settings(component: Component) -> None:
    assert plain_environment(component.name) == dict(component.environment)


@each_component
def test_a_service_gets_every_secret_as_a_file_that_is_mounted(component: Component) -> None:
    service = SERVICES[component.name]
    files = {key: value for key, value in service["environment"].items() if is_secret(value)}
    assert set(files) == {f"{name}_FILE" for name in component.secrets}
    assert {Path(file).name for file in files.values()} == set(service.get("secrets", []))
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


@each_component
def test_a_service_is_checked_as_its_component_is(component: Component) -> None:
    health = SERVICES[component.name]["healthcheck"]
    if component.health is None:
        assert health == {"disable": True}
    else:
        assert tuple(health["test"]) == ("CMD", *component.health.argv("python"))


@each_component
def test_a_service_publishes_its_pages_on_the_loopback_only(component: Component) -> None:
    pages = [name for name in component.addresses if name != "smtp"]
    ports = [container_plan().ports.as_dict()[name] for name in pages]
    assert SERVICES[component.name].get("ports", []) == [f"127.0.0.1:{port}:{port}" for port in ports]


@each_component
def test_a_service_waits_for_what_its_component_depends_on(component: Component) -> None:
    waits = set(SERVICES[component.name].get("depends_on", {}))
    assert waits - {"postgres"} == set(component.depends_on)


@each_component
def test_a_service_writes_only_to_volumes_below_the_home(component: Component) -> None:
    mounts = dict(mount.split(":") for mount in SERVICES[component.name].get("volumes", []))
    assert set(mounts) <= set(COMPOSE["volumes"])
    for folder in mounts.values():
        assert Path(folder).is_relative_to(container_plan().home)


@each_service
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert not any("docker.sock" in mount for mount in service.get("volumes", []))


@each_service
def test_a_service_that_publishes_nothing_is_on_the_internal_network_only(name: str) -> None:
    expected = ["inside", "outside"] if SERVICES[name].get("ports") else ["inside"]
    assert SERVICES[name]["networks"] == expected
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_api_cannot_read_airflows_login_or_mlflows_files() -> None:
    folders = {mount.split(":")[1] for mount in SERVICES["api"]["volumes"]}
    assert folders == {f"/var/lib/tessera/{name}" for name in ("serving", "spool", "reports")}
    assert "secrets" not in SERVICES["api"]


@each_service
def test_no_secret_is_written_into_the_compose_file(name: str) -> None:
    telling = re.compile("PASSWORD(_|$)|SECRET|_KEY|SQL_ALCHEMY_CONN|BACKEND_STORE")
    for key, value in SERVICES[name]["environment"].items():
        assert is_secret(value) or not telling.search(key), f"{key} must come from a secret file"


def test_tesseras_settings_in_the_compose_file_exist() -> None:
    names = {key.removeprefix("TESSERA_").lower() for key in plain_environment("api") if key.startswith("TESSERA_")}
    assert names <= set(Settings.model_fields)


def test_airflows_settings_in_the_compose_file_exist() -> None:
    package = importlib.util.find_spec("airflow")  # its own list of options; importing Airflow would write files
    assert package is not None
    assert package.origin is not None
    described = yaml.safe_load((Path(package.origin).parent / "config_templates" / "config.yml").read_text())
    environment = {**COMPONENTS["scheduler"].environment, **COMPONENTS["scheduler"].secrets}
    names = [key.lower().split("__")[1:] for key in environment if key.startswith("AIRFLOW__")]
    assert names
    assert [f"{s}.{o}" for s, o in names if o not in described.get(s, {}).get("options", {})] == []


def test_the_image_runs_the_api_by_default_and_checks_it() -> None:
    api = COMPONENTS["api"]
    commands = [tuple(json.loads(found)) for found in re.findall(r"CMD (\[.*\])", DOCKERFILE)]
    assert api.health is not None
    assert commands == [api.argv, api.health.argv("python")]


def test_the_image_is_locked_pinnable_and_not_root() -> None:
    assert "uv sync --frozen" in DOCKERFILE
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user is not None
    assert user.group(1) != "0"


def test_the_image_contains_every_package_of_the_project() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    copied = set(re.findall(r"^COPY (\w+) \w+$", DOCKERFILE, re.MULTILINE))
    allowed = {
        line[1:] for line in (ROOT / "docker" / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert packages == copied
    assert packages <= allowed


def test_the_folder_docker_never_becomes_a_package() -> None:
    assert not (ROOT / "docker" / "__init__.py").exists(), "it would shadow the PyPI package docker"
