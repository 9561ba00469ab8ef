"""The application ``tessera``: which commands there are, and the options before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from tessera.cli import (
    calibration,
    checks,
    demonstration,
    events,
    models,
    monitoring,
    outbox,
    pages,
    segments,
    serving,
    watching,
)
from tessera.cli.guarding import GuardedGroup

app = typer.Typer(
    name="tessera",
    cls=GuardedGroup,
    rich_markup_mode="markdown",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

_PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Events and segments": (events.simulate, events.ingest, events.features, events.segment),
    "Models": (models.train, models.evaluate, models.promote, models.rollback),
    "Every day": (calibration.calibrate, serving.publish, serving.recommend, watching.status),
    "The installation": (checks.doctor, pages.docs, demonstration.demo),
}
app.add_typer(segments.group, name="segments", rich_help_panel="Models")
app.add_typer(outbox.group, name="outbox", rich_help_panel="Every day")
app.add_typer(monitoring.group, name="monitor", rich_help_panel="Every day")
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"tessera {version('tessera')}")
        raise typer.Exit


@app.callback()
def _before(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks, and tell more.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print answers and warnings only.")] = False,
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """One recommender per user segment, serving only while it is proved better than the global one.

    Settings come from `TESSERA_…` variables over `tessera.toml`; `tessera doctor` checks them.
    """
    from tessera.cli.console import start_logging

    start_logging(quiet, debug)
