"""Every server of the platform: its command, environment, health check and what must be up before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tessera.platform import environment
from tessera.platform.credentials import Credentials
from tessera.platform.plan import LOOPBACK, PlatformPlan

AIRFLOW_HEALTH = "/api/v2/monitor/health"


@dataclass(frozen=True)
class HealthCheck:
    """How to see that a server works: an HTTP path that answers 2xx, or a port that accepts (``path`` empty).

    Args:
        port: of the server.
        path: to ask for; empty: only connect.
        member: top-level member of the JSON answer whose ``status`` must be ``healthy``; empty: any answer.
        host: to ask.
    """

    port: int
    path: str = ""
    member: str = ""
    host: str = LOOPBACK

    @property
    def url(self) -> str:
        """What is asked for."""
        return f"http://{self.host}:{self.port}{self.path}"

    def argv(self, python: str) -> tuple[str, ...]:
        """The same check as a command, for a container engine."""
        return (python, "-m", "tessera.platform.health", self.host, str(self.port), self.path, self.member)


@dataclass(frozen=True)
class Component:
    """One process to start.

    Args:
        name: unique; names its log file.
        argv: the command.
        environment: variables without secrets, on top of the inherited ones.
        secrets: variables with secrets; containers read the same names from files.
        addresses: names of the ports that it listens on.
        health: None for a command that runs once and must exit 0.
        depends_on: names that must be healthy (or have ended well) before.
        start_timeout: seconds it may take to become healthy.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    health: HealthCheck | None = None
    depends_on: tuple[str, ...] = ()
    start_timeout: float = 300.0


def components(plan: PlatformPlan, credentials: Credentials) -> tuple[Component, ...]:
    """The components of ``plan`` in an order that respects what they depend on.

    Raises:
        ValueError: ``plan.only`` names something that does not exist.
    """
    everything = (_mailbox(plan), *_airflow(plan, credentials), _mlflow(plan), _api(plan))
    return everything if not plan.only else _with_dependencies(everything, plan.only)


def _with_dependencies(everything: tuple[Component, ...], wanted: tuple[str, ...]) -> tuple[Component, ...]:
    known = {component.name: component for component in everything}
    unknown = set(wanted) - set(known)
    if unknown:
        raise ValueError(f"unknown components {sorted(unknown)}; there are {', '.join(known)}")
    needed = list(wanted)
    for name in needed:  # grows while it is walked
        needed.extend(other for other in known[name].depends_on if other not in needed)
    return tuple(component for component in everything if component.name in needed)


def _airflow(plan: PlatformPlan, credentials: Credentials) -> tuple[Component, ...]:
    def server(name: str, *arguments: str, member: str) -> Component:
        return Component(
            name=name,
            argv=(plan.python, "-m", "airflow", *arguments),
            environment=environment.common(plan) | environment.airflow(plan),
            secrets=environment.airflow_secrets(plan, credentials),
            addresses=("airflow",) if name == "api-server" else (),
            health=HealthCheck(plan.ports.airflow, AIRFLOW_HEALTH, member, plan.host("airflow")) if member else None,
            depends_on=("database",) if name != "database" else (),
        )

    return (
        server("database", "db", "migrate", member=""),
        # without its pool a task waits for ever
        server("pools", "pools", "import", str(plan.dags / "pools.json"), member=""),
        server("api-server", "api-server", "--workers", "1", member="metadatabase"),
        server("scheduler", "scheduler", "--skip-serve-logs", member="scheduler"),
        server("dag-processor", "dag-processor", member="dag_processor"),
        server("triggerer", "triggerer", "--skip-serve-logs", member="triggerer"),
    )


def _mlflow(plan: PlatformPlan) -> Component:
    """The server creates its database before it answers, and everybody else goes through the server: no race."""
    listen = ("--host", plan.bind, "--port", str(plan.ports.mlflow), "--workers", "1")
    return Component(
        name="mlflow",
        argv=(
            *(plan.python, "-m", "mlflow", "server", *listen),
            *("--artifacts-destination", str(plan.mlflow_home / "artifacts")),
            *_allowed_hosts(plan),
        ),
        environment=environment.common(plan) | environment.mlflow(),
        secrets=environment.mlflow_secrets(plan),
        addresses=("mlflow",),
        health=HealthCheck(plan.ports.mlflow, "/health"),
    )


def _allowed_hosts(plan: PlatformPlan) -> tuple[str, ...]:
    """MLflow answers only to names it knows; the loopback is known."""
    if "mlflow" not in plan.hosts:
        return ()
    names = (plan.hosts["mlflow"], "localhost", LOOPBACK)
    return ("--allowed-hosts", ",".join(f"{name}:{plan.ports.mlflow}" for name in names))


def _mailbox(plan: PlatformPlan) -> Component:
    return Component(
        name="mailbox",
        argv=(
            *(plan.python, "-m", "tessera.platform.mailbox", "--folder", str(plan.mails), "--host", plan.bind),
            *("--smtp-port", str(plan.ports.smtp), "--http-port", str(plan.ports.mailbox)),
        ),
        environment=environment.common(plan),
        addresses=("smtp", "mailbox"),
        health=HealthCheck(plan.ports.mailbox, "/health"),
        start_timeout=60.0,
    )


def _api(plan: PlatformPlan) -> Component:
    """Runs whether or not MLflow does: serving stands on its own snapshot."""
    return Component(
        name="api",
        argv=(
            *(plan.python, "-m", "granian", "--interface", "asgi", "--host", plan.bind),
            *("--port", str(plan.ports.api), "--workers", "1", "tessera.api:app"),
        ),
        environment=environment.common(plan),
        addresses=("api",),
        health=HealthCheck(plan.ports.api, "/health/live"),
    )
