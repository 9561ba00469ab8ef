"""What a monitored day is compared with: decided once, recorded with the verdicts, and the same ever after."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
from deltalake.exceptions import DeltaError

from tessera.decisions import Decided, decisions
from training.registry import Registry
from training.versions import GLOBAL, model_name
from warehouse.store import Snapshot, Store
from warehouse.windows import Window

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reference:
    """The champions and the tables of one monitored day.

    Args:
        champions: as of when the model was trained that served each segment; ``None``: there was none.
        versions: of the tables; empty: as they are now.
    """

    champions: Mapping[str, date | None] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)


def recorded_reference(store: Store, as_of: date) -> Reference | None:
    """What the day's verdicts were judged by, or ``None``: it was never judged, or its tables were cleaned away.

    So neither a later promotion nor a late event changes the verdict of a past day: it is judged on the tables it was
    judged on. What late events do to it is asked for by name (``anew``).
    """
    if as_of not in store.dates("drift_verdicts"):
        return None
    rows = store.frame("drift_verdicts", window=Window.day(as_of))
    written = [text for text in rows["snapshots"].dropna() if text]
    if not written:
        return None
    versions = {str(table): int(version) for table, version in json.loads(written[0]).items()}
    if not all(_readable(store, Snapshot(table, version)) for table, version in versions.items()):
        log.warning("%s was judged on tables that are gone; it is judged anew on those of today", as_of)
        return None
    champions = dict(zip(rows["segment_id"], rows["champion_as_of"], strict=True))
    return Reference({str(s): None if pd.isna(day) else day for s, day in champions.items()}, versions)


def champions_before(store: Store, registry: Registry, segments: Sequence[str], as_of: date) -> dict[str, date | None]:
    """As of when the model was trained that served each segment before a day.

    That is the newest promotion of the segment or of the parent on an earlier day: a segment's own model serves only
    while it stands on the live parent. Where no promotion of a parent is on record, the registry's older champions.
    """
    promoted = [one for one in decisions(store) if one.promoted and one.as_of < as_of]
    newest = {segment: _newest(promoted, segment) for segment in (*segments, GLOBAL)}
    if newest[GLOBAL] is None:
        newest |= {s: day or _registered(registry, s, as_of) for s, day in newest.items()}
    base = newest.pop(GLOBAL)
    return {segment: max(filter(None, (own, base)), default=None) for segment, own in newest.items()}


def _newest(promoted: Sequence[Decided], segment_id: str) -> date | None:
    return max((one.as_of for one in promoted if one.segment_id == segment_id), default=None)


def _registered(registry: Registry, segment_id: str, as_of: date) -> date | None:
    champion = registry.champion(model_name(segment_id))
    return champion.as_of if champion and champion.as_of < as_of else None


def _readable(store: Store, snapshot: Snapshot) -> bool:
    try:
        return all(Path(file.removeprefix("file://")).exists() for file in store.files(snapshot))
    except DeltaError:
        return False
