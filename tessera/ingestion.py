"""The ingest step: the source and the API's own spool into the lake, and the rollups of the days that changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from interactions.features import rollup
from interactions.ingestion import IngestReport, ingest
from interactions.mappings import load_mapping
from interactions.sources import Source, open_source
from tessera.errors import SettingsError
from tessera.settings import Settings
from warehouse.engine import duckdb_engine
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)

POSTED = "events"


@dataclass(frozen=True)
class WithPosted(Source):
    """A source together with what the API has collected: both belong to the days that delivered them."""

    main: Source
    posted: Source

    def batches(self, window: Window) -> Iterator[pa.Table]:
        """The rows of both."""
        yield from self.main.batches(window)
        yield from self.posted.batches(window)

    def span(self) -> Window:
        """The days of the main source: posted events alone do not make a history."""
        return self.main.span()

    def users(self) -> pa.Table | None:
        """The main source's."""
        return self.main.users()

    def items(self) -> pa.Table | None:
        """The main source's."""
        return self.main.items()

    @property
    def _event_files(self) -> list[object]:  # type: ignore[override]
        return []


def source_of(settings: Settings) -> Source:
    """The source that the settings name, with the posted events where there are any; these alone where it names none.

    Raises:
        SettingsError: no source is set and nothing was posted.
    """
    posted = _posted(settings)
    if settings.source is not None:
        main = open_source(settings.source, load_mapping(settings.mapping))
        return WithPosted(main.path, main.mapping, main, posted) if posted else main
    if posted is None:
        raise SettingsError(
            "no source is set and no event was posted: name a file or folder of events in 'source' (TESSERA_SOURCE), "
            "or send events to the API (POST /events)"
        )
    return posted


def _posted(settings: Settings) -> Source | None:
    if not any(settings.spool.glob("events/date=*")):
        return None
    return open_source(settings.spool, load_mapping(POSTED))


def ingest_window(store: Store, settings: Settings, window: Window) -> IngestReport:
    """Ingest the days of ``window`` and bring the rollups of every rebuilt day up to date."""
    report = ingest(store, source_of(settings), window, settings.ingest, log.info)
    if report.days:
        log.info("rollups of %d days", len(report.days))
        engine = duckdb_engine(settings.memory_limit, settings.threads)
        # two ingests may rebuild the same day: the rollup that is written last must have read last
        with store.lock("rollup"):
            rollup(engine, store, report.days, settings.features)
    return report
