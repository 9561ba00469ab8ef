"""The page for people: who serves which segment, and what a user would see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from serving.service import Service


class Page:
    """Renders ``templates/page.html``; everything in it comes from this process, nothing from the internet."""

    def __init__(self, service: Service) -> None:
        self._service = service
        folder = FileSystemLoader(Path(__file__).parent / "templates")
        self._template = Environment(loader=folder, autoescape=True, undefined=StrictUndefined).get_template(
            "page.html"
        )

    def render(self, user_id: str, k: int) -> str:
        """The page as HTML; with ``user_id`` also that user's list."""
        state = self._service.readiness()
        served = bool(state.snapshot)
        return self._template.render(
            state=state,
            lines=self._service.segments() if served else [],
            answer=self._service.recommend(user_id, k, True) if served and user_id else None,
            user_id=user_id,
            k=k,
            registry=self._service.config.registry_page or self._service.config.registry_uri or "",
        )
