"""Commands that look at segments: monitor, status."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tessera.cli.arguments import AsOf, day

RUN = "command-line"


def monitor(
    as_of: AsOf,
    mail: Annotated[Path | None, typer.Option("--mail", help="Write the letter to this HTML file.")] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Judge by today's tables and champions, not by those of an earlier run.")
    ] = False,
) -> None:
    """Measure and judge drift in every segment.

    Nothing is retrained and nothing is sent.

    Example: `tessera monitor --as-of 2026-06-29 --mail drift.html`
    """
    from tessera import steps
    from tessera.cli.console import show, working
    from tessera.cli.servers import require_mlflow

    require_mlflow()
    with working(f"monitor as of {as_of}"):
        steps.monitor(as_of.isoformat(), anew)
    _show_verdicts(as_of)
    asked = steps.plan_actions(as_of.isoformat(), RUN, write=False)["retrain"]
    if asked:
        named = "".join(f" --segment {one}" for one in asked["segments"])
        show(f"to retrain what drifted: tessera train --as-of {as_of}{named}")
    if mail is not None:
        _write_letter(as_of, mail)


def status(
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=day, metavar="DAY", help="As of this day; default: the newest assigned one."),
    ] = None,
    hashes: Annotated[bool, typer.Option("--hashes", help="Content hashes of the tables instead.")] = False,
) -> None:
    """Show who serves each segment, and why.

    With `--hashes`: the content hash of every table instead (equal rows, equal hash).

    Examples: `tessera status`, `tessera status --hashes`
    """
    from tessera.cli.console import show
    from tessera.cli.servers import require_mlflow
    from tessera.errors import NotReadyError
    from tessera.settings import load
    from tessera.status import registry_of, segment_statuses, status_table
    from warehouse.store import Store

    store = Store(load().lake)
    if hashes:
        _show_hashes(store.root)
        return
    if not store.dates("segment_assignments"):
        raise NotReadyError("no segments yet: run 'tessera ingest' and 'tessera segment' first")
    require_mlflow()
    show(status_table(segment_statuses(store, registry_of(load()), as_of)))


def _write_letter(as_of: date, file: Path) -> None:
    from tessera import steps
    from tessera.cli.console import show

    letters = steps.letters(as_of.isoformat(), RUN)
    if not letters:
        show("nothing to tell: there is no letter to write")
        return
    file.write_text(letters[0]["html"], encoding="utf-8")
    for letter in letters:
        show(f"for {letter['recipient']}: {letter['subject']}")
    show(f"the first letter is in {file}")


def _show_verdicts(as_of: date) -> None:
    from tessera.cli.console import table
    from tessera.settings import load
    from warehouse.store import Store
    from warehouse.windows import Window

    rows = Store(load().lake).frame("drift_verdicts", window=Window.day(as_of)).sort_values("segment_id")
    lines = [
        (row["segment_id"], row["verdict"].replace("_", " "), row["cause"], f"{row['users']:,}", row["reason"])
        for row in rows.to_dict("records")
    ]
    table(f"Drift as of {as_of}", ("Segment", "Verdict", "Cause", "Users", "Why"), lines, ("Users",))


def _show_hashes(lake: Path) -> None:
    from tessera.cli.console import table
    from warehouse.schemas import TABLES
    from warehouse.store import Store

    store = Store(lake)
    rows = [(name, store.content_hash(name)) for name in sorted(TABLES) if store.exists(name)]
    table(f"Tables under {lake}", ("Table", "SHA-256 of the rows"), rows)
