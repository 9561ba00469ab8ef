"""What the routes do, apart from HTTP: recommend, take events, tell the state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any

import pandas as pd

from interactions.schema import EventType
from serving.config import ServingConfig
from serving.contract import EventIn
from serving.follower import Follower
from serving.metrics import ServingMetrics
from serving.models import ModelStore
from serving.problems import Problem
from serving.recent import RecentEvent, RecentEvents
from serving.registry import MlflowReader, RegistryReader
from serving.router import Answer, Router
from serving.routing import Routing, SegmentLine
from serving.selection import Selector
from serving.spool import Spool
from warehouse.columns import ITEM, TS, TYPE, USER, VALUE

_SPOOL_SECONDS = 10.0

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class RegistryState:
    """How the following of the registry goes."""

    up: bool
    error: str
    seconds_since_answer: float | None
    refused: Mapping[str, str]


@dataclass(frozen=True)
class Readiness:
    """Whether a verified state serves, and which."""

    ready: bool
    snapshot: str
    snapshot_error: str
    as_of: date | None
    models: Mapping[str, str]
    registry: RegistryState


class Service:
    """The parts of a serving process, put together.

    Args:
        config: folders and limits.
        reader: the registry; by default the MLflow server of ``config``.
        clock: the time of arrival of events; data logic never asks it.
    """

    def __init__(self, config: ServingConfig, reader: RegistryReader | None, clock: Clock) -> None:
        if reader is None and config.registry_uri:
            reader = MlflowReader(config.registry_uri, config.registry_timeout_seconds)
        store = ModelStore(config.models, config.prefix, config.max_model_bytes, trial_load=config.trial_load)
        self.config = config
        self.metrics = ServingMetrics()
        self._clock = clock
        self._recent = RecentEvents()
        self._router = Router(self._recent, self.metrics)
        self._spool = Spool(config.spool)
        selector = Selector(store, config.prefix)
        self.follower = Follower(config.snapshots, selector, reader, self._publish, config.poll_seconds)

    def close(self) -> None:
        """Stop following and write what waits."""
        self.follower.stop()
        self._spool.close()

    @property
    def routing(self) -> Routing:
        """The live routing.

        Raises:
            Problem: 503 until a snapshot is loaded.
        """
        routing = self._router.routing
        if routing is None:
            raise Problem(
                503,
                f"no snapshot is loaded yet: {self.follower.status.snapshot_error or 'still starting'}",
                {"Retry-After": "2"},
            )
        return routing

    def recommend(self, user_id: str, k: int, exclude_seen: bool) -> Answer:
        """A full list for one user."""
        _ = self.routing  # 503 before the first snapshot
        return self._router.recommend(user_id, k, exclude_seen=exclude_seen)

    def segments(self) -> list[SegmentLine]:
        """Who serves each segment, and why."""
        return self.routing.lines()

    def accept(self, events: Sequence[EventIn]) -> list[str]:
        """Put events on the disk, then let them count; returns their ids.

        Raises:
            Problem: 422 for an event from the future, 507 where the disk refuses.
        """
        arrived = self._clock()
        self._refuse_future(events, arrived)
        rows = [event.row(arrived) for event in events]
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        try:
            self._spool.append(arrived.date(), lines).result(_SPOOL_SECONDS)
        except (OSError, TimeoutError) as error:
            raise Problem(507, f"the events could not be kept ({error!r}): send them again later") from error
        self._recent.add(self._weighted(rows))
        self.metrics.events.inc(len(rows))
        return [str(row["event_id"]) for row in rows]

    def readiness(self) -> Readiness:
        """The state for health checks and the page."""
        status, routing = self.follower.status, self._router.routing
        age = None if status.answered_at is None else round(monotonic() - status.answered_at, 3)
        return Readiness(
            ready=status.settled and routing is not None,
            snapshot=routing.snapshot.name if routing else "",
            snapshot_error=status.snapshot_error,
            as_of=routing.snapshot.as_of if routing else None,
            models={each.name: each.version for each in routing.models()} if routing else {},
            registry=RegistryState(status.registry_up, status.registry_error, age, status.refused),
        )

    def measurements(self) -> bytes:
        """The Prometheus page, with the gauges as of now."""
        state = self.readiness()
        self.metrics.ready.set(state.ready)
        self.metrics.registry_up.set(state.registry.up)
        self.metrics.registry_age.set(state.registry.seconds_since_answer or 0)
        self.metrics.refused.set(len(state.registry.refused))
        return self.metrics.text()

    def _publish(self, routing: Routing) -> None:
        if self._router.routing is None:  # a restart must not forget what users did since the snapshot
            self._recent.add(self._weighted(list(self._spool.since(routing.snapshot.as_of))))
        self._router.swap(routing)

    def _refuse_future(self, events: Sequence[EventIn], arrived: datetime) -> None:
        limit = arrived + timedelta(seconds=self.config.max_future_seconds)
        for place, event in enumerate(events):
            if event.ts is not None and event.ts > limit:
                raise Problem(422, f"events {place} ts: {event.ts.isoformat()} is in the future of our clock")

    def _weighted(self, rows: Sequence[Mapping[str, Any]]) -> list[RecentEvent]:
        # being shown is not having seen: an impression hides nothing from the next list
        kept = [row for row in rows if row[TYPE] != EventType.IMPRESSION.value]
        if not kept:
            return []
        weights = self.config.weights.confidence(pd.DataFrame(kept, columns=[TYPE, VALUE]))
        return [
            RecentEvent(row[USER], row[ITEM], row[TYPE], datetime.fromisoformat(row[TS]), float(weight))
            for row, weight in zip(kept, weights, strict=True)
        ]


def utc_now() -> datetime:
    """The wall clock, for the arrival of events only."""
    return datetime.now(UTC)
