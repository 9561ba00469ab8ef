"""Arguments that several commands take."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def day(text: str) -> date:
    """An ISO date.

    Raises:
        typer.BadParameter: not one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a day as YYYY-MM-DD; found '{text}'") from None


_BEFORE = "Events before this day count, none from it on (YYYY-MM-DD)."

AsOf = Annotated[date, typer.Option("--as-of", parser=day, metavar="DAY", help=_BEFORE)]
Start = Annotated[date, typer.Option("--start", parser=day, metavar="DAY", help="First day (YYYY-MM-DD).")]
End = Annotated[date, typer.Option("--end", parser=day, metavar="DAY", help="The day after the last one.")]
SegmentId = Annotated[str, typer.Option("--segment", metavar="ID", help="Segment id, or 'global' for the parent.")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the version or the promotion.")]
Folder = Annotated[Path, typer.Option("--out", help="Folder to write to; an earlier simulation in it is replaced.")]
