"""The command doctor."""

from __future__ import annotations

import typer

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor() -> None:
    """Check the installation; say what to do.

    Looks at versions, settings, folders, source, servers, tables and champions.
    Exits 1 if there is a problem; warnings alone exit 0.
    """
    from rich.table import Table
    from rich.text import Text

    from tessera.cli.console import show, working
    from tessera.doctor import examine

    with working("examine the installation"):
        findings = list(examine())
    drawn = Table(title="Findings", title_justify="left")
    for heading in ("", "What", "Found", "What to do"):
        drawn.add_column(heading, overflow="fold")
    for one in findings:
        drawn.add_row(Text(one.level, style=_STYLES[one.level]), Text(one.name), Text(one.seen), Text(one.advice))
    show(drawn)
    if any(one.level == "problem" for one in findings):
        raise typer.Exit(1)
