"""The command monitor: a day's monitoring, or Evidently's page over all of them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from tessera.cli.watching import monitor

if TYPE_CHECKING:
    from tessera.settings import Settings

DAY = "day"


class _DayByDefault(TyperGroup):
    """``tessera monitor --as-of D`` means ``tessera monitor day --as-of D``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        named = args[:1] and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else [DAY, *args])


group = typer.Typer(cls=_DayByDefault, help="Measure and judge drift of a day (`day`, the default), or look at it.")
group.command(name=DAY)(monitor)


@group.command()
def ui(
    port: Annotated[int, typer.Option(help="Of the page; it listens on this machine alone.")] = 8100,
    days: Annotated[int, typer.Option(min=1, help="How many of the newest days to show.")] = 60,
    fill_only: Annotated[bool, typer.Option("--fill-only", help="Make the workspace and leave.")] = False,
) -> None:
    """Show Evidently's own page over the kept snapshots.

    A project a segment, a run a monitored day. The workspace is made anew from what monitoring kept; Ctrl-C ends.

    Example: `tessera monitor ui --days 30`
    """
    from monitoring.workspace import fill_workspace
    from tessera.cli.console import show, working
    from tessera.errors import NotReadyError
    from tessera.links import Links
    from tessera.settings import load

    settings = load()
    folder = settings.home / "evidently"
    with working("make Evidently's workspace"):
        runs = fill_workspace(folder, settings.reports, _names(settings), days, Links(settings).page)
    if not runs:
        raise NotReadyError(f"no snapshots under {settings.reports}: run 'tessera monitor --as-of …' first")
    show(f"{runs} snapshots in {folder}")
    if not fill_only:
        _serve(str(folder), port)


def _names(settings: Settings) -> dict[str, str]:
    from warehouse.store import Store
    from warehouse.windows import Window

    store = Store(settings.lake)
    fits = store.dates("segments")
    if not fits:
        return {}
    rows = store.read("segments", window=Window.day(fits[-1]), columns=["segment_id", "name"]).to_pylist()
    return {row["segment_id"]: row["name"] for row in rows}


def _serve(folder: str, port: int) -> None:
    from tessera.cli.console import show

    show(f"Evidently: http://127.0.0.1:{port} (Ctrl-C ends)")
    argv = (sys.executable, "-m", "evidently.cli", "ui", "--workspace", folder, "--host", "127.0.0.1")
    # in place of this process: whoever ends the command ends the server
    os.execv(sys.executable, (*argv, "--port", str(port)))  # noqa: S606
