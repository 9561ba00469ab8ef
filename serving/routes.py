"""The HTTP routes: thin, everything they do is in ``Service``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import TypeAdapter

from serving.config import MAX_K
from serving.contract import RECOMMENDATION_EXAMPLE, EventBatch, EventsAccepted, Identifier
from serving.limits import Admission
from serving.page import Page
from serving.problems import ProblemDetails
from serving.router import Answer
from serving.routing import SegmentLine
from serving.service import Readiness, Service

_T = TypeVar("_T")
_ANSWER = TypeAdapter(Answer)
_READINESS = TypeAdapter(Readiness)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails, "content": {"application/problem+json": {}}} for status in (422, 503)
}


class Routes:
    """The routes over one service.

    Answers are computed in ``threads`` threads, so that health checks and admission never wait behind them.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pool = ThreadPoolExecutor(service.config.threads, thread_name_prefix="answer")
        self._writers = ThreadPoolExecutor(8, thread_name_prefix="take-events")
        self._admission = Admission(service.config.max_pending, service.metrics)
        self._page = Page(service)

    def close(self) -> None:
        """Finish what was admitted."""
        self._pool.shutdown()
        self._writers.shutdown()

    def router(self) -> APIRouter:
        """All routes."""
        router = APIRouter()
        router.get(
            "/recommendations/{user_id}",
            response_model=Answer,
            summary="Recommend items to a user",
            responses={200: {"content": {"application/json": {"example": RECOMMENDATION_EXAMPLE}}}, **_PROBLEMS},
        )(self.recommendations)
        router.post("/events", status_code=202, summary="Tell what users did", responses=_PROBLEMS)(self.events)
        router.get("/segments", summary="Who serves each segment, and why", responses=_PROBLEMS)(self.segments)
        router.get("/health/live", summary="The process runs")(self.live)
        router.get("/health/ready", response_model=Readiness, summary="A verified state serves")(self.ready)
        router.get("/metrics", summary="Measurements for Prometheus", response_class=Response)(self.metrics)
        router.get("/", include_in_schema=False, response_class=HTMLResponse)(self.page)
        return router

    async def recommendations(
        self,
        user_id: Annotated[Identifier, Path(description="unknown users are new users")],
        k: Annotated[int, Query(ge=1, le=MAX_K)] = 10,
        exclude_seen: bool = True,
    ) -> Response:
        """Always ``k`` items (fewer only where the catalogue has fewer), each with the layer it came from."""
        answer = await self._computed(self._pool, lambda: self._service.recommend(user_id, k, exclude_seen))
        return Response(_ANSWER.dump_json(answer), media_type="application/json")

    async def events(self, batch: EventBatch) -> EventsAccepted:
        """All events are kept on the disk before the answer, and are left out of the user's next list."""
        ids = await self._computed(self._writers, lambda: self._service.accept(batch.events))
        return EventsAccepted(accepted=len(ids), event_ids=ids)

    async def segments(self) -> list[SegmentLine]:
        """One line a segment: the model that serves, its version, the parent's version, the reason."""
        return self._service.segments()

    async def live(self) -> dict[str, str]:
        """Says that the process answers, nothing more."""
        return {"status": "live"}

    async def ready(self) -> Response:
        """200 once a verified state serves (from the registry or from the last good copy), 503 before."""
        state = self._service.readiness()
        return Response(_READINESS.dump_json(state), 200 if state.ready else 503, media_type="application/json")

    async def metrics(self) -> Response:
        """Requests, latencies, layers, versions, age of the registry's last answer."""
        return Response(self._service.measurements(), media_type=CONTENT_TYPE_LATEST)

    async def page(
        self,
        user: Annotated[str, Query(max_length=256)] = "",
        k: Annotated[int, Query(ge=1, le=MAX_K)] = 10,
    ) -> HTMLResponse:
        """The page for people."""
        html = await self._computed(self._pool, lambda: self._page.render(user.strip(), k))
        return HTMLResponse(html, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

    async def _computed(self, pool: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        with self._admission.admitted():
            return await asyncio.get_running_loop().run_in_executor(pool, work)
