"""The recommendation API as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from serving.config import ServingConfig
from serving.limits import BodyLimit
from serving.observing import Observed
from serving.problems import install_problems
from serving.registry import RegistryReader
from serving.routes import Routes
from serving.service import Clock, Service, utc_now

_DESCRIPTION = """Recommendations per user segment.

A segment's own model serves only while it is proved better than the global one; every answer says which model and
version made it, and every item which layer it came from."""


def create_app(config: ServingConfig, reader: RegistryReader | None = None, clock: Clock = utc_now) -> FastAPI:
    """Build the API; following starts with the application and ends with it.

    Args:
        config: folders, addresses and limits.
        reader: another registry than the MLflow server of ``config``.
        clock: what time it is when an event arrives.
    """
    service = Service(config, reader, clock)
    routes = Routes(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.follower.start()
        yield
        routes.close()
        service.close()

    app = FastAPI(title="Tessera", version="0.1.0", description=_DESCRIPTION, lifespan=lifespan)
    install_problems(app)
    app.add_middleware(BodyLimit, limit=config.max_body_bytes)
    app.add_middleware(Observed, metrics=service.metrics)
    app.include_router(routes.router())
    return app
