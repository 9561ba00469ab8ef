"""Whether the servers answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tessera.doctor.finding import Finding

if TYPE_CHECKING:
    from tessera.settings import Settings

TIMEOUT_SECONDS: Final = 3.0
_START: Final = "start it: 'tessera demo' starts everything, docker/compose.yaml on a server"


def servers(settings: Settings) -> Iterator[Finding]:
    """MLflow, Airflow and the API. One that is away is a warning: not every machine runs them."""
    if settings.mlflow_uri.startswith("http"):
        yield _server("MLflow", settings.mlflow_uri, "/health", _START)
    else:
        yield Finding("MLflow", "ok", f"{settings.mlflow_uri} (no server)")
    yield _server("Airflow", settings.airflow_url, "/api/v2/monitor/health", _START)
    yield _server("API", settings.api_url, "/health/ready", f"{_START}; 503 means: nothing published yet")


def answers(url: str) -> str:
    """Empty if ``url`` answers well, else what is wrong; waits at most a few seconds."""
    import httpx

    try:
        reply = httpx.get(url, timeout=TIMEOUT_SECONDS)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
    return f"it says {reply.status_code}" if reply.is_error else ""


def _server(name: str, address: str, path: str, advice: str) -> Finding:
    problem = answers(f"{address}{path}")
    if problem:
        return Finding(name, "warning", f"{address}: {problem}", advice)
    return Finding(name, "ok", f"{address} answers")
