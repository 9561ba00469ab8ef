"""What keeps one client from starving the others: a bound on bodies and a bound on requests in flight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import ServingMetrics
from serving.problems import Problem, problem_response

_RETRY_AFTER_SECONDS = 1


class Admission:
    """At most ``limit`` requests at a time; the next one is refused at once instead of waiting (fault F23).

    Used on the event loop only, so a plain count is exact.
    """

    def __init__(self, limit: int, metrics: ServingMetrics) -> None:
        self._limit = limit
        self._metrics = metrics
        self._inside = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            Problem: 503 with ``Retry-After`` when all places are taken.
        """
        if self._inside >= self._limit:
            self._metrics.shed.inc()
            raise Problem(
                503,
                f"{self._limit} requests are waiting already: try again in {_RETRY_AFTER_SECONDS} s",
                {"Retry-After": str(_RETRY_AFTER_SECONDS)},
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1


class BodyLimit:
    """ASGI middleware: bodies above ``limit`` bytes are answered 413, whether announced or only sent."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._limit:
            await problem_response(413, self._advice)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    @property
    def _advice(self) -> str:
        return f"the body may have {self._limit} bytes: send fewer events at a time"

    def _counted(self, receive: Receive) -> Receive:
        left = self._limit

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, self._advice)
            return message

        return counted
