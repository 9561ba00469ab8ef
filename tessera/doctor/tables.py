"""What the lake holds, and what waits to be taken into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from tessera.doctor.finding import Finding
from warehouse.windows import Window

if TYPE_CHECKING:
    from tessera.settings import Settings


def tables(settings: Settings) -> Iterator[Finding]:
    """The last ingested day, days that were skipped, and the last day of segments."""
    from warehouse.store import Store

    store = Store(settings.lake)
    days = store.dates("ingest_ledger")
    if not days:
        yield Finding("lake", "warning", "nothing was ingested yet", "run 'tessera ingest' (ingest_interactions)")
        return
    yield Finding("lake", "ok", f"{len(days)} days ingested, the last one {days[-1]}")
    skipped = missing_days(days)
    if skipped:
        listed = ", ".join(str(day) for day in skipped[:5]) + (" …" if len(skipped) > 5 else "")
        advice = "backfill ingest_interactions over them, or 'tessera ingest'"
        yield Finding("lake", "warning", f"{len(skipped)} days in between were never ingested: {listed}", advice)
    assigned = store.dates("segment_assignments")
    if assigned:
        yield Finding("segments", "ok", f"assigned as of {assigned[-1]}")
    else:
        yield Finding("segments", "warning", "nobody is assigned yet", "run 'tessera segment' (assign_segments)")


def missing_days(days: list[date]) -> list[date]:
    """The days between the first and the last that are not among them."""
    known = set(days)
    return [day for day in Window(days[0], days[-1]) if day not in known]


def spool(settings: Settings) -> Iterator[Finding]:
    """Days on which the API took events that no ingest has taken yet."""
    from warehouse.store import Store

    posted = sorted(folder.name.removeprefix("date=") for folder in settings.spool.glob("events/date=*"))
    taken = {day.isoformat() for day in Store(settings.lake).dates("ingest_ledger")}
    waiting = [day for day in posted if day not in taken]
    if waiting:
        seen = f"posted events of {len(waiting)} days wait since {waiting[0]}"
        yield Finding("spool", "warning", seen, "the ingest of those days takes them")
    else:
        yield Finding("spool", "ok", f"posted events of {len(posted)} days, all taken")
