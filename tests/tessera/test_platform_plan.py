from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tessera.platform import Platform, PlatformPlan, Ports, PortTakenError, components
from tessera.platform.components import HealthCheck
from tessera.platform.containers import container_components
from tessera.platform.credentials import Credentials, load_or_create
from tessera.platform.health import ask
from tessera.platform.ports import settle
from tests.tessera.platform_parts import ANY_PORTS, free_port, small_plan

SECRETS = Credentials("admin", "pw", "fernet", "jwt", "session")


def full_plan(home: Path) -> PlatformPlan:
    return PlatformPlan(home=home, dags=home / "dags", environment={"TESSERA_SEED": "3"})


def test_a_taken_port_is_refused_with_who_wants_it_who_has_it_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        plan = small_plan(tmp_path, ports=replace(ANY_PORTS, smtp=port))
        with pytest.raises(PortTakenError, match=rf"smtp wants port {port}.* listens there.*ports\.smtp"):
            Platform(plan).start()


def test_two_addresses_with_the_same_port_are_refused() -> None:
    port = free_port()
    with pytest.raises(PortTakenError, match=f"mlflow wants port {port}"):
        settle(Ports(airflow=port, mlflow=port), ("airflow", "mlflow"), "127.0.0.1")


def test_zero_becomes_a_different_free_port_for_every_address() -> None:
    chosen = settle(ANY_PORTS, tuple(ANY_PORTS.as_dict()), "127.0.0.1").as_dict()
    assert len(set(chosen.values())) == 5
    assert 0 not in chosen.values()


def test_addresses_that_nobody_uses_are_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = Ports(airflow=other.getsockname()[1], mlflow=0)
        assert settle(ports, ("mlflow",), "127.0.0.1").airflow == ports.airflow


def test_an_unknown_address_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"grafana.*airflow"):
        full_plan(tmp_path).address("grafana")


def test_every_dependency_is_a_component_that_comes_before(tmp_path: Path) -> None:
    seen: set[str] = set()
    for component in components(full_plan(tmp_path), SECRETS):
        assert set(component.depends_on) <= seen
        assert component.name not in seen
        seen.add(component.name)


def test_naming_a_component_brings_what_it_depends_on_and_nothing_else(tmp_path: Path) -> None:
    plan = replace(full_plan(tmp_path), only=("scheduler",))
    assert [component.name for component in components(plan, SECRETS)] == ["database", "scheduler"]
    with pytest.raises(ValueError, match="sheduler"):
        components(replace(plan, only=("sheduler",)), SECRETS)


def test_everything_listens_on_the_loopback_and_serves_no_logs(tmp_path: Path) -> None:
    parts = {component.name: component for component in components(full_plan(tmp_path), SECRETS)}
    for name in ("mailbox", "mlflow", "api"):
        argv = parts[name].argv
        assert argv[argv.index("--host") + 1] == "127.0.0.1"
    assert parts["api-server"].environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    for name in ("scheduler", "triggerer"):
        assert "--skip-serve-logs" in parts[name].argv


def test_every_server_gets_the_plans_settings_and_no_secret_is_among_them(tmp_path: Path) -> None:
    for component in components(full_plan(tmp_path), SECRETS):
        assert component.environment["TESSERA_SEED"] == "3"
        assert component.environment["TESSERA_MLFLOW_URI"] == "http://127.0.0.1:5000"
        assert not {"fernet", "jwt", "session", "pw"} & set(component.environment.values())
        assert not set(component.secrets) & set(component.environment)


def test_the_same_components_run_in_containers(tmp_path: Path) -> None:
    here = {component.name: component for component in components(full_plan(tmp_path), SECRETS)}
    there = {component.name: component for component in container_components()}
    assert list(here) == list(there)
    for name, component in here.items():
        assert set(component.secrets) == set(there[name].secrets)
        assert component.depends_on == there[name].depends_on


def test_the_login_is_kept_over_restarts_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = load_or_create(tmp_path)
    assert load_or_create(tmp_path) == first
    assert (tmp_path / "credentials.json").stat().st_mode & 0o077 == 0
    assert load_or_create(tmp_path / "other").password != first.password
    assert len(first.jwt_secret) >= 64


def test_a_silent_port_is_unhealthy_and_a_listening_one_is_healthy() -> None:
    assert ask(HealthCheck(free_port()))
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ask(HealthCheck(server.getsockname()[1])) == ""
