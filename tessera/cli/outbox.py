"""The commands of the outbox: what was told to whom, and what did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitoring.outbox import Kept

group = typer.Typer(help="The letters that monitoring wrote, and what became of them.")


@group.callback(invoke_without_command=True)
def outbox(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that were sent.")] = False,
    most: Annotated[int, typer.Option(min=1, help="Show at most so many, the newest.")] = 50,
) -> None:
    """Show letters that wait, that bounced, or that were given up.

    A bounced address was refused for good by the mail server: correct it in the settings
    (`mail_to`, or `alerts` in the segments file), then `tessera outbox retry` or the next alarm reaches it.

    Examples: `tessera outbox`, `tessera outbox --all`
    """
    if context.invoked_subcommand is not None:
        return
    from tessera.cli.console import show, table
    from tessera.post import open_outbox
    from tessera.settings import load

    opened = open_outbox(load())
    letters = opened.kept(() if every else ("pending", "sending", "bounced", "given_up"), most)
    headings = ("Key", "State", "To", "Day", "Subject", "Severity", "Tries", "Next or last (UTC)", "Error")
    table("Outbox", headings, [_row(letter) for letter in letters], ("Tries",))
    counts = opened.counts()
    show(
        ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in sorted(counts.items()))
        or "no letter yet"
    )


@group.command()
def retry(
    key: Annotated[
        str, typer.Argument(help="The key of a bounced or given-up letter, or its beginning.", metavar="KEY")
    ],
) -> None:
    """Put a bounced or given-up letter back among those that wait.

    Example: `tessera outbox retry 3f9a2c`
    """
    from tessera.cli.console import show
    from tessera.errors import TesseraError
    from tessera.post import open_outbox, wall_clock
    from tessera.settings import load

    if not open_outbox(load()).retry(key, wall_clock()):
        raise TesseraError(f"no bounced or given-up letter has a key that begins with '{key}': see 'tessera outbox'")
    show("it waits again; the DAG deliver_mail takes it along within five minutes")


def _row(letter: Kept) -> tuple[str, ...]:
    moment = letter.ended or letter.due
    return (
        letter.key[:8],
        letter.state.replace("_", " "),
        letter.recipient,
        letter.as_of,
        letter.subject,
        letter.severity,
        str(letter.tries),
        f"{moment:%Y-%m-%d %H:%M}",
        letter.error,
    )
