"""The drift mail: what moved in which segment, what was done about it, and where to look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from monitoring.alerts import DriftMail
from monitoring.words import CAUSES, calm, headline, needs, one_line, state, subject

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["DriftMail", "RenderedMail", "render"]


@dataclass(frozen=True)
class RenderedMail:
    """A mail ready to be sent: the same content as HTML and as plain text."""

    subject: str
    html: str
    text: str


def render(mail: DriftMail) -> RenderedMail:
    """Write the mail. Names and values come from users' data: all is escaped, and the subject stays one line.

    Raises:
        ValueError: if there is nothing to write about (no alarm, and none that is over).
    """
    if not mail.alerts and not mail.recoveries:
        raise ValueError("a drift mail needs an alarm or the end of one and found neither: send no mail on quiet days")
    title = subject(mail)
    shown = {"mail": mail, "subject": title, "needs": needs(mail), "calm": calm(mail), "causes": CAUSES}
    html, text = (_templates().get_template(f"drift.{kind}.j2").render(shown) for kind in ("html", "txt"))
    return RenderedMail(title, html, text.strip() + "\n")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    templates = Environment(
        loader=PackageLoader("monitoring"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"one_line": one_line, "bar": bar_width, "thousands": thousands, "safe_url": safe_url}
    templates.filters |= {"headline": headline, "state": state}
    return templates


def bar_width(length: float, lengths: list[float]) -> int:
    """A bar's width in whole per cent of the longest one; anything above nothing stays visible."""
    longest = max(lengths, default=0.0)
    if longest <= 0 or length <= 0:
        return 0
    return max(1, round(100 * length / longest))


def thousands(number: int) -> str:
    """A count with thin groups: ``12 400``."""
    return f"{number:,}".replace(",", "\u202f")


def safe_url(url: str) -> str:
    """The address if it is one a mail may link to (http, https), otherwise ``#``: autoescape lets javascript: pass."""
    return url if url.startswith(("http://", "https://")) else "#"
