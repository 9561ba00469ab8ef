"""The environment of every server: what is secret, and what is not, apart."""

from __future__ import annotations

import json
import os

from tessera.platform.credentials import Credentials
from tessera.platform.plan import PlatformPlan

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
QUIET = {
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MPLBACKEND": "Agg",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "PYTHONUNBUFFERED": "1",
}
# Airflow on SQLite: see tessera.platform.savepoints
SAVEPOINTS = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "tessera.platform.savepoints.CONNECT_ARGS"}
LOOPBACK_HOSTS = "127.0.0.1,localhost,::1"


def common(plan: PlatformPlan) -> dict[str, str]:
    """Variables of every server: no telemetry, one thread each, loopback past any proxy, where the others are."""
    return {
        **ONE_THREAD,
        **QUIET,
        "NO_PROXY": no_proxy(plan),
        "no_proxy": no_proxy(plan),
        "MLFLOW_TRACKING_URI": plan.address("mlflow"),
        "TESSERA_MLFLOW_URI": plan.address("mlflow"),
        "TESSERA_AIRFLOW_URL": plan.link("airflow"),
        "TESSERA_API_URL": plan.link("api"),
        **plan.environment,
    }


def airflow(plan: PlatformPlan) -> dict[str, str]:
    """Airflow's configuration without its secrets."""
    return {
        "AIRFLOW_HOME": str(plan.airflow_home),
        "AIRFLOW_CONN_SMTP_DEFAULT": _mail_connection(plan),
        **{f"AIRFLOW__{key}": value for key, value in _airflow_options(plan).items()},
        **({} if plan.airflow_database else SAVEPOINTS),
    }


def airflow_secrets(plan: PlatformPlan, credentials: Credentials) -> dict[str, str]:
    """Airflow's secrets; in containers the same names come from files."""
    return {
        "AIRFLOW__CORE__FERNET_KEY": credentials.fernet_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": credentials.jwt_secret,
        "AIRFLOW__API__SECRET_KEY": credentials.session_secret,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow_database(plan),
    }


def mlflow() -> dict[str, str]:
    """MLflow's configuration: no job runner (it costs half a gigabyte), no pickled models."""
    return {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}


def mlflow_secrets(plan: PlatformPlan) -> dict[str, str]:
    """MLflow's database address: secret where it carries a password."""
    return {"MLFLOW_BACKEND_STORE_URI": plan.mlflow_database or f"sqlite:///{plan.mlflow_home / 'mlflow.db'}"}


def airflow_database(plan: PlatformPlan) -> str:
    """Address of the metadata database; a busy SQLite is waited for instead of failing after 5 seconds."""
    return plan.airflow_database or f"sqlite:///{plan.airflow_home / 'airflow.db'}?timeout=60"


def passwords_file(plan: PlatformPlan) -> str:
    """Where Airflow's simple login looks for ``{user: password}``."""
    return str(plan.airflow_home / "passwords.json")


def no_proxy(plan: PlatformPlan) -> str:
    """The exceptions of this machine, the loopback, and the names of the other servers; containers inherit none."""
    inherited = "" if plan.hosts else os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(part for part in (inherited, LOOPBACK_HOSTS, *sorted(set(plan.hosts.values()))) if part)


def _airflow_options(plan: PlatformPlan) -> dict[str, str]:
    return {
        "CORE__DAGS_FOLDER": str(plan.dags),
        "CORE__PLUGINS_FOLDER": str(plan.plugins or plan.airflow_home / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": str(plan.parallelism),
        "CORE__EXECUTION_API_SERVER_URL": f"{plan.address('airflow')}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords_file(plan),
        "CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks DNS, which may not be there
        "API__HOST": plan.bind,
        "API__PORT": str(plan.ports.airflow),
        "API__BASE_URL": plan.link("airflow"),
        "API__WORKERS": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",  # a killed task is noticed in a minute, not in five
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "60",
    }


def _mail_connection(plan: PlatformPlan) -> str:
    extra = {"disable_ssl": True, "disable_tls": True}
    connection = {"conn_type": "smtp", "host": plan.host("smtp"), "port": plan.ports.smtp, "extra": extra}
    return json.dumps(connection)
