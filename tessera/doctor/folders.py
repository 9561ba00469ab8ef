"""Whether the folders can be written and the source can be read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tessera.doctor.finding import Finding
from warehouse.windows import Window

if TYPE_CHECKING:
    from tessera.settings import Settings

_GIB: Final = 2**30
_LOW_GIB: Final = 2.0
_ALWAYS: Final = Window(date(1900, 1, 1), date(2200, 1, 1))


def folders(settings: Settings) -> Iterator[Finding]:
    """Every folder that steps and servers write, and the space below them."""
    written = (settings.home, settings.lake, settings.serving, settings.spool, settings.backtests, settings.reports)
    closed = [folder for folder in written if not os.access(existing(folder), os.W_OK | os.X_OK)]
    for folder in closed:
        yield Finding("folder", "problem", f"{folder} cannot be written", "give this user the right to, or set 'home'")
    if not closed:
        yield Finding("folders", "ok", f"{settings.home} can be written")
    free = shutil.disk_usage(existing(settings.home)).free / _GIB
    low = free < _LOW_GIB
    yield Finding(
        "disk", "warning" if low else "ok", f"{free:.1f} GiB free", "make room before training" if low else ""
    )


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def source(settings: Settings) -> Finding:
    """Whether the source's first rows can be read through its mapping."""
    from interactions.errors import IngestError
    from interactions.mappings import load_mapping
    from interactions.sources import open_source

    if settings.source is None:
        advice = "set 'source' (TESSERA_SOURCE) to a file or folder of events before you ingest"
        return Finding("source", "warning", "none is set", advice)
    try:
        opened = open_source(settings.source, load_mapping(settings.mapping))
        rows = next((len(batch) for batch in opened.batches(_ALWAYS) if len(batch)), 0)
    except (IngestError, OSError) as error:
        return Finding("source", "problem", str(error), "correct 'source' or 'mapping'")
    if not rows:
        return Finding("source", "warning", f"{settings.source} has no events", "deliver some, or set another source")
    return Finding("source", "ok", f"{settings.source} reads as '{settings.mapping}'")
