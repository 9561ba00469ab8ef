"""What commands print: tables and answers to stdout, progress and complaints to stderr."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

OURS = ("tessera", "segmentation", "training", "monitoring", "serving", "recommender", "interactions", "warehouse")
# MLflow draws bars of its own and reports home unless it is told not to
_SILENCED = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
# a pipe has no width: wide enough for every table, so that nothing is folded in a file
_PIPE_WIDTH = 200


def show(what: RenderableType) -> None:
    """Print an answer."""
    _console(False).print(what)


def complain(message: str) -> None:
    """Print what went wrong."""
    from rich.text import Text

    _console(True).print(Text("error: ", style="bold red") + Text(message, style="default"), soft_wrap=True)


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()) -> None:
    """Print a table; the columns in ``numbers`` are right-aligned."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=Text(title), title_justify="left")
    for heading in headings:
        drawn.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    for row in rows:
        # ids and names are data: brackets in them are no markup
        drawn.add_row(*(Text(cell) for cell in row))
    show(drawn)


def start_logging(quiet: bool, debug: bool) -> None:
    """Let our packages tell what they do: through rich in a terminal, else as plain lines with a time."""
    logging.basicConfig(level=logging.WARNING, handlers=[_log_lines()], force=True)
    for variable, value in _SILENCED.items():
        os.environ.setdefault(variable, value)
    level = logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO
    for package in OURS:
        logging.getLogger(package).setLevel(level)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something runs, and what: a spinner in a terminal, else one line."""
    if _console(True).is_terminal:
        with _console(True).status(what):
            yield
        return
    logging.getLogger("tessera").info("%s", what)
    yield


@contextmanager
def counting(what: str, unit: str) -> Iterator[Callable[[str], None]]:
    """Count finished pieces of work by name: live in a terminal, else a line for each."""
    if not _console(True).is_terminal:
        yield lambda name: logging.getLogger("tessera").info("%s: %s %s", what, unit, name)
        return
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda name: progress.update(task, advance=1, description=f"{what}: {unit} {name}")


def _log_lines() -> logging.Handler:
    if _console(True).is_terminal:
        from rich.logging import RichHandler

        return RichHandler(console=_console(True), show_path=False, show_level=False, markup=False)
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    return lines


def _console(stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return _console_on(stderr, stream.isatty(), id(stream))


@cache
def _console_on(stderr: bool, terminal: bool, _stream: int) -> Console:
    # one console a stream: a spinner and the log lines above it must know of each other
    from rich.console import Console

    return Console(stderr=stderr, width=None if terminal else _PIPE_WIDTH, highlight=False, soft_wrap=False)
