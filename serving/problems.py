"""Errors as people and programs read them: problem details (RFC 9457) that say what was expected and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """The body of every answer that is not a success."""

    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] = []

    model_config = {
        "json_schema_extra": {
            "example": {
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "query k: Input should be less than or equal to 100; found 1000",
                "errors": [{"where": "query k", "message": "Input should be less than or equal to 100"}],
            }
        }
    }


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Raised by a route; becomes the answer."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    """The answer for a problem."""
    details = ProblemDetails(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or [])
    return JSONResponse(details.model_dump(), status, dict(headers or {}), media_type=_TYPE)


def install_problems(app: FastAPI) -> None:
    """Let every error leave ``app`` as a problem."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, error: Problem) -> JSONResponse:
        return problem_response(error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> JSONResponse:
        return problem_response(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [_readable(each) for each in error.errors()]
        detail = "; ".join(f"{each['where']}: {each['message']}" for each in errors[:3])
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)

    @app.exception_handler(Exception)
    async def on_fault(_: Request, error: Exception) -> JSONResponse:
        detail = f"a fault of ours ({type(error).__name__}); the log has the details"
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _readable(error: Any) -> dict[str, Any]:
    found = error.get("input")
    shown = f"; found {found!r:.80}" if isinstance(found, str | int | float | bool) else ""
    return {"where": " ".join(str(part) for part in error["loc"]), "message": f"{error['msg']}{shown}"}
