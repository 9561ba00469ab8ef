"""Events into tables: read, validate, resolve, check, and only then write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from interactions.dimensions import write_dimensions
from interactions.errors import IngestError, RejectShareError
from interactions.ledger import LedgerRow, ledger_rows, ledger_table
from interactions.publication import publish
from interactions.resolution import Scope, resolve
from interactions.rules import IngestRules
from interactions.schema import Reason
from interactions.sources import Source
from interactions.staging import Staging, staging
from interactions.validation import validate
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

Progress = Callable[[str], None]
_SHOWN: Final = 5
_ROWS_AT_ONCE: Final = 100_000


@dataclass(frozen=True)
class IngestReport:
    """What a run received and what became of it: ``accepted + quarantined + duplicates == received``, always.

    Args:
        late: accepted events of days before the one that delivered them.
        days: the event days that were rebuilt.
        reopened: those of them that lie before their delivery.
        reasons: quarantined rows by reason.
    """

    window: Window
    received: int
    accepted: int
    quarantined: int
    duplicates: int
    late: int
    days: tuple[date, ...]
    reopened: tuple[date, ...]
    reasons: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        """The accounting on one line."""
        return (
            f"{self.window}: received {self.received} = accepted {self.accepted} + quarantined {self.quarantined} "
            f"+ duplicates {self.duplicates}"
        )


def ingest(
    store: Store,
    source: Source,
    window: Window,
    rules: IngestRules | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Take what ``source`` has for ``window`` into the lake.

    Rewrites ``deliveries``, ``quarantine`` and ``ingest_ledger`` of the window's days and exactly the days of
    ``interactions`` whose events it brought, and completes ``users`` and ``items``. Any order of windows, run any
    number of times, alone or side by side, ends in the same tables.

    Raises:
        IngestError: nothing was written: an unreadable source, a changed schema, too many refused rows.
    """
    rules, say = rules or IngestRules(), progress or (lambda _: None)
    with store.lock("ingest"), staging(store) as area:
        received = _stage(area, source, window, rules, say)
        area.number_events()
        area.index(store, window)
        scope = resolve(area, window)
        _keep_refused(area, store, scope, window)
        ledger = ledger_rows(area, scope)
        report = _report(area, ledger, scope, window)
        _check(report, received, rules)
        given = {"users": source.users(), "items": source.items()}
        publish(store, area, scope, window, ledger_table(ledger), rules.rows_per_commit)
        write_dimensions(store, given, _seen(area))
    _tell(report, say)
    return report


def _stage(area: Staging, source: Source, window: Window, rules: IngestRules, say: Progress) -> int:
    received = 0
    for batch in _gathered(source.batches(window)):
        area.add(validate(batch, rules))
        received += len(batch)
        say(f"{window}: {received} rows read")
    return received


def _gathered(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Many small batches as few larger ones: checking a batch has a price of its own."""
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting += [batch] if len(batch) else []
        if sum(map(len, waiting)) >= _ROWS_AT_ONCE:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _keep_refused(area: Staging, store: Store, scope: Scope, window: Window) -> None:
    """Bring the refused rows of the other days that are rewritten, without the conflicts: those are found anew."""
    for day in scope.delivery_days:
        if day not in window and store.exists("quarantine"):
            rows = store.read("quarantine", window=Window.day(day))
            area.engine.register("kept", rows.cast(TABLES["quarantine"].schema))
            area.engine.execute(
                f"INSERT INTO invalid SELECT * FROM kept WHERE reason <> '{Reason.CONFLICTING_ID.value}'"
            )
            area.engine.unregister("kept")


def _report(area: Staging, ledger: tuple[LedgerRow, ...], scope: Scope, window: Window) -> IngestReport:
    own = [row for row in ledger if row.date in window]
    inside = f"date >= DATE '{window.start}' AND date < DATE '{window.end}'"
    reasons = dict(area.rows(f"SELECT reason, count(*) FROM invalid WHERE {inside} GROUP BY reason"))
    conflicts = sum(row.conflicts for row in own)
    if conflicts:
        reasons[Reason.CONFLICTING_ID.value] = conflicts
    return IngestReport(
        window,
        received=sum(row.received for row in own),
        accepted=sum(row.accepted for row in own),
        quarantined=sum(row.quarantined for row in own),
        duplicates=sum(row.duplicates for row in own),
        late=sum(row.late for row in own),
        days=scope.event_days,
        reopened=tuple(sorted({day for row in own for day in row.reopened})),
        reasons=tuple(sorted(reasons.items())),
    )


def _check(report: IngestReport, received: int, rules: IngestRules) -> None:
    if report.received != received or report.accepted + report.quarantined + report.duplicates != received:
        raise IngestError(f"the rows do not add up, nothing was written: read {received}, but {report}")
    if received and report.quarantined / received > rules.max_reject_share:
        reasons = ", ".join(f"{reason} {rows}" for reason, rows in report.reasons)
        raise RejectShareError(
            f"{report.quarantined} of {received} rows were refused, more than the allowed share of "
            f"{rules.max_reject_share:.0%} ({reasons}). Nothing was written: "
            "correct the source or raise max_reject_share"
        )


def _seen(area: Staging) -> dict[str, pa.ChunkedArray]:
    # only what was accepted: a refused row must not make a user
    query = "SELECT DISTINCT {0} FROM valid ORDER BY {0}"
    return {"users": area.table(query.format("user_id"))[0], "items": area.table(query.format("item_id"))[0]}


def _tell(report: IngestReport, say: Progress) -> None:
    say(str(report))
    if report.reasons:
        say("quarantined: " + ", ".join(f"{reason} {rows}" for reason, rows in report.reasons))
    if report.reopened:
        days = [day.isoformat() for day in report.reopened]
        shown = ", ".join(days[:_SHOWN]) + (f" and {len(days) - _SHOWN} more" if len(days) > _SHOWN else "")
        say(f"{report.late} late events reopened {len(days)} days: {shown}")
