"""What to start and where: plain values, from the settings, a test or the compose file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """One TCP port per address of the platform; 0 lets the machine choose a free one."""

    airflow: int = 8080
    mlflow: int = 5000
    api: int = 8000
    smtp: int = 1025
    mailbox: int = 8025

    def as_dict(self) -> dict[str, int]:
        """Address name to port."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True)
class PlatformPlan:
    """Everything the servers need to know.

    Args:
        home: folder that the servers write to; nothing is written elsewhere.
        dags: Airflow's DAG folder.
        plugins: Airflow's plugins folder, if any.
        ports: one per address.
        environment: variables that every server gets, such as ``TESSERA_…`` settings.
        parallelism: Airflow tasks at a time. SQLite stays healthy up to 4; more than the cores only lengthens tasks.
        airflow_database: SQLAlchemy address of the metadata database; empty: SQLite under ``home``.
        mlflow_database: the same for MLflow.
        only: names of the components to start (with all they depend on); empty: every one.
        bind: interface to listen on. The containers use ``0.0.0.0``, everything else the loopback.
        hosts: name under which others reach an address (``airflow``, ``mlflow`` …), where it is not ``bind``.
        python: the interpreter that runs every server.
        restarts: how often one component may be restarted after it died.
        grace: seconds a server has to end by itself before it is killed.
    """

    home: Path
    dags: Path
    plugins: Path | None = None
    ports: Ports = field(default_factory=Ports)
    environment: Mapping[str, str] = field(default_factory=dict)
    parallelism: int = 2
    airflow_database: str = ""
    mlflow_database: str = ""
    only: tuple[str, ...] = ()
    bind: str = LOOPBACK
    hosts: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    restarts: int = 3
    grace: float = 8.0

    @property
    def airflow_home(self) -> Path:
        """Airflow's own folder: database, logs, passwords."""
        return self.home / "airflow"

    @property
    def mlflow_home(self) -> Path:
        """MLflow's database and artifacts."""
        return self.home / "mlflow"

    @property
    def logs(self) -> Path:
        """One log file per component."""
        return self.home / "logs"

    @property
    def mails(self) -> Path:
        """Every mail that the sink received, one ``.eml`` file each."""
        return self.home / "mails"

    def host(self, name: str) -> str:
        """The host under which others reach the address ``name``."""
        return self.hosts.get(name, LOOPBACK)

    def address(self, name: str) -> str:
        """URL of ``airflow``, ``mlflow``, ``api``, ``mailbox`` or ``smtp`` for the other servers.

        Raises:
            KeyError: the plan has no such address.
        """
        return self._url(name, self.host(name))

    def link(self, name: str) -> str:
        """URL of ``name`` for a person on this machine: containers publish on the loopback."""
        return self._url(name, LOOPBACK)

    def _url(self, name: str, host: str) -> str:
        ports = self.ports.as_dict()
        if name not in ports:
            raise KeyError(f"no address called {name!r}; the platform has {', '.join(ports)}")
        scheme = "smtp" if name == "smtp" else "http"
        return f"{scheme}://{host}:{ports[name]}"
