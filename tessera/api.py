"""The recommendation API as the servers start it: ``granian --interface asgi tessera.api:app``."""

from __future__ import annotations

from fastapi.staticfiles import StaticFiles

from serving.app import create_app
from serving.config import ServingConfig
from tessera.settings import load


def _config() -> ServingConfig:
    settings = load()
    return ServingConfig(
        snapshots=settings.serving / "snapshots",
        models=settings.serving / "models",
        spool=settings.spool,
        registry_uri=settings.mlflow_uri,
        threads=settings.threads,
    )


app = create_app(_config())
load().reports.mkdir(parents=True, exist_ok=True)
app.mount("/reports", StaticFiles(directory=load().reports), name="reports")
