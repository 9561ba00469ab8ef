"""The same platform in containers: one service per component, reached by its name."""

from __future__ import annotations

from pathlib import Path

from tessera.platform.components import Component, components
from tessera.platform.credentials import Credentials
from tessera.platform.plan import PlatformPlan

HOME = Path("/var/lib/tessera")
CODE = Path("/opt/tessera")
# Name of an address to the service that answers there.
HOSTS = {"airflow": "api-server", "mlflow": "mlflow", "api": "api", "smtp": "mailbox", "mailbox": "mailbox"}
SECRET_FOLDER = "/run/secrets"  # noqa: S105 - a folder


def container_plan() -> PlatformPlan:
    """The plan that ``docker/compose.yaml`` is held against; database addresses come from secret files."""
    return PlatformPlan(
        home=HOME,
        dags=CODE / "dags",
        plugins=CODE / "plugins",
        environment={"TESSERA_HOME": str(HOME)},
        parallelism=4,
        airflow_database="postgresql+psycopg2://postgres/airflow",  # which kind; the address is in the secret file
        bind="0.0.0.0",  # noqa: S104 - inside a container; compose publishes on the loopback only
        hosts=HOSTS,
        python="python",
    )


def container_components() -> tuple[Component, ...]:
    """Every component as its container runs it; the values of its secrets are empty, their names are not."""
    return components(container_plan(), Credentials("", "", "", "", ""))
