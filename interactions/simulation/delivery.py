"""Rows of the deliveries layout: ``events/date=YYYY-MM-DD/part.parquet``, a few of them late or sent twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.simulation.breakage import broken_delivery
from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Ints, stream
from interactions.simulation.journal import Journal
from interactions.simulation.population import Population
from interactions.simulation.scenario import Scenario
from interactions.simulation.words import CHANNELS, DEVICES, EVENT_TYPES, PAGES
from warehouse.schemas import EVENT_FIELDS
from warehouse.windows import midnight

_MOST_LATE = 3
_CONTEXTS = [f'{{"page": "{page}"}}' for page in PAGES]


class Deliveries:
    """Writes one delivery a day under ``folder``, in order of days, and counts the rows it wrote.

    Late rows and second copies wait in memory until their day; what would come after the last day never comes.
    """

    def __init__(self, folder: Path, scenario: Scenario, population: Population, catalogue: Catalogue) -> None:
        self.written = self.late = self.duplicates = 0
        self._folder, self._scenario = folder, scenario
        self._users, self._items = pa.array(population.names), pa.array(catalogue.names)
        self._countries = pa.array(population.country)
        self._late: defaultdict[int, list[pa.Table]] = defaultdict(list)
        self._copies: defaultdict[int, list[pa.Table]] = defaultdict(list)

    def write(self, day: date, events: Journal) -> None:
        """Deliver what happened on ``day`` (less what will be late), and what waited for this day."""
        number = (day - self._scenario.start).days
        on_time = self._hold_back(number, self._rows(day, events))
        late, copies = self._late.pop(number, []), self._copies.pop(number, [])
        whole = pa.concat_tables([on_time, *late, *copies])
        delivery = broken_delivery(self._scenario, day, whole)
        self.written += delivery.num_rows
        self.late += sum(table.num_rows for table in late)
        self.duplicates += sum(table.num_rows for table in copies)
        if delivery.num_rows or not whole.num_rows:  # a lost delivery leaves no file
            write_table(delivery, self._folder / "events" / f"date={day}" / "part.parquet")

    def _hold_back(self, number: int, rows: pa.Table) -> pa.Table:
        """Put late rows and second copies aside; return the rows that are on time."""
        rng = stream(self._scenario.seed, "delivery", number)
        late = rng.random(rows.num_rows) < self._scenario.late
        delay = np.where(late, rng.integers(1, _MOST_LATE + 1, rows.num_rows), 0)
        again = (rng.random(rows.num_rows) < self._scenario.duplicates) & (delay == 0)
        for days in range(1, _MOST_LATE + 1):
            self._late[number + days].append(rows.filter(pa.array(delay == days)))
        self._copies[number + 1].append(rows.filter(pa.array(again)))
        return rows.filter(pa.array(delay == 0))

    def _rows(self, day: date, events: Journal) -> pa.Table:
        began = int(midnight(self._scenario.start).timestamp()) * 1_000_000
        who = pa.array(events.user)
        columns = {
            "user_id": self._users.take(who),
            "item_id": self._items.take(pa.array(events.item)),
            "event_type": _words(EVENT_TYPES, events.kind),
            "ts": pa.array(events.ts + began, pa.timestamp("us", tz="UTC")),
            "value": pa.array(events.value, mask=np.isnan(events.value)),
            "event_id": _numbered(f"e{day:%Y%m%d}-", np.arange(len(events))),
            "session_id": _numbered("s", events.session),
            "device": _words(DEVICES, events.device),
            "channel": _words(CHANNELS, events.channel),
            "country": self._countries.take(who),
            "context": _words(_CONTEXTS, events.page),
        }
        return pa.table(columns, schema=pa.schema(list(EVENT_FIELDS.items())))


def write_table(table: pa.Table, path: Path) -> None:
    """Write ``table`` as one Parquet file, whole or not at all; plain column types, for any reader."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".unfinished")
    pq.write_table(table, aside, compression="zstd", store_schema=False)
    aside.replace(path)


def _words(words: Sequence[str], codes: Ints) -> pa.Array:
    """The words of ``codes``; null for -1."""
    return pa.array(words, pa.string()).take(pa.array(codes, mask=codes < 0))


def _numbered(prefix: str, numbers: Ints) -> pa.Array:
    """Ids made of a prefix and a number; null for -1."""
    digits = pa.array(numbers, mask=numbers < 0).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")
