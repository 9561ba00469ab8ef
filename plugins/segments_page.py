"""Airflow's navigation gets the entry *Segments*: one page for every segment, behind Airflow's own login.

Every process of Airflow loads this file, tasks too, so the application is imported when somebody first asks for a page.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk.plugins_manager import AirflowPlugin

PREFIX = "/tessera"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The pages, see ``segments_application.py``."""
    from segments_application import app

    await app(scope, receive, send)


class SegmentsPage(AirflowPlugin):
    """Where Airflow finds the pages and what it shows in its navigation."""

    name = "tessera"
    fastapi_apps = [{"app": application, "url_prefix": PREFIX, "name": "Tessera"}]  # noqa: RUF012 - Airflow's shape
    external_views = [  # noqa: RUF012 - Airflow's shape
        {
            "name": "Segments",
            "href": f"{PREFIX}/segments",
            "destination": "nav",
            "url_route": "segments",
            "nav_top_level": True,
        }
    ]
