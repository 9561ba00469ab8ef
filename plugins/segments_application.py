"""The pages of segments as a web application inside Airflow's web server.

Airflow serves a plugin's endpoints to anybody, so every one of these asks for a user who may read ``monitor_segments``.
The pages only read: what their buttons do goes through Airflow's API with the session of whoever presses them, so
Airflow decides what that person may do, and keeps who did it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from tessera.overview import Pages, Rights, Selection, UnknownSegmentError
from tessera.settings import load

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod

PREFIX = "/tessera"
WATCHED, TRAINED, MOVED, ASKED = "monitor_segments", "train_segments", "move_champion", "approve_promotion"
# scripts and styles from here alone, and no frame but Airflow's own may show the page
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def login(request: Request, _refusal: Exception) -> Response:
    """Who is not logged in is sent to Airflow's login and back here."""
    to_login = get_auth_manager().get_url_login(next_url=str(request.url))
    return RedirectResponse(to_login, status_code=303, headers=HEADERS)


app = FastAPI(
    title="Tessera",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[Depends(requires_access_dag("GET", param_dag_id=WATCHED))],
    exception_handlers={401: login},
)


@app.get("/segments")
def segments(request: Request, user: GetUserDep, q: str = "", show: str = "all", page: int = 1) -> Response:
    """Every segment; ``q`` and ``show`` choose among them."""
    html = _pages().overview(_rights(user), Selection(q[:200], show, page), _base(request))
    return HTMLResponse(html, headers=HEADERS)


@app.get("/segments/{segment_id}")
def segment(request: Request, user: GetUserDep, segment_id: str) -> Response:
    """One segment."""
    try:
        html = _pages().segment(segment_id, _rights(user), _base(request))
    except UnknownSegmentError as error:
        raise HTTPException(404, str(error)) from error
    return HTMLResponse(html, headers=HEADERS)


@app.get("/assets/{name}")
def asset(name: str) -> Response:
    """The style sheet or the script."""
    try:
        text, kind = _pages().asset(name)
    except KeyError as error:
        raise HTTPException(404, f"there is no file {name}") from error
    return Response(text, media_type=kind, headers={**HEADERS, "Cache-Control": "private, max-age=300"})


@cache
def _pages() -> Pages:
    return Pages(load())


def _rights(user: GetUserDep) -> Rights:
    """What Airflow would allow, so that a button which would be refused is not offered."""
    return Rights(
        user=user.get_name(),
        train=_may(user, "POST", TRAINED, DagAccessEntity.RUN),
        move=_may(user, "POST", MOVED, DagAccessEntity.RUN),
        approve=_may(user, "PUT", ASKED, DagAccessEntity.HITL_DETAIL),
    )


def _may(user: GetUserDep, method: ResourceMethod, dag_id: str, entity: DagAccessEntity) -> bool:
    manager = get_auth_manager()
    return bool(
        manager.is_authorized_dag(method=method, access_entity=entity, details=DagDetails(id=dag_id), user=user)
    )


def _base(request: Request) -> str:
    """What Airflow's own addresses begin with: empty unless it lives below a path."""
    return str(request.scope.get("root_path", "")).removesuffix(PREFIX)
