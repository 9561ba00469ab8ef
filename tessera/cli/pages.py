"""The command docs: pages that are made from code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def docs(
    folder: Annotated[Path, typer.Option(help="Where the pages lie.")] = Path("docs"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a page is out of date.")] = False,
) -> None:
    """Write the pages that are made from code.

    The features (`features.md`) and this command line (`cli.md`).

    Example: `tessera docs`
    """
    from tessera.cli.console import show

    stale = [name for name, text in pages().items() if not _says(folder / name, text)]
    if not check:
        for name in stale:
            (folder / name).write_text(pages()[name], encoding="utf-8")
    verb = "out of date" if check else "written"
    show(f"{verb}: {', '.join(stale)}" if stale else "all pages are up to date")
    if check and stale:
        raise typer.Exit(1)


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    from interactions.features.documentation import features_page

    return {"features.md": features_page(), "cli.md": command_page()}


def command_page() -> str:
    """The page of the command line."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from tessera.cli.application import app

    command = get_command(app)
    context = typer.Context(command, info_name="tessera")
    text = get_docs_for_click(obj=command, ctx=context, name="tessera", title="The command line")
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def _says(file: Path, text: str) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") == text
