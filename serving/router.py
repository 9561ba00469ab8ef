"""The ladder: the segment's champion, the global champion, what is popular in the segment, what is popular."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from recommender.recommendations import NO_ITEM
from serving.ladder import ask
from serving.metrics import ServingMetrics
from serving.models import ServedModel
from serving.recent import RecentEvent, RecentEvents
from serving.routing import Routing

if TYPE_CHECKING:
    from recommender.recommendations import Recommendations
    from serving.snapshot import Snapshot

LAYER_SEGMENT_POPULAR: Final = "popular_in_segment"
LAYER_POPULAR: Final = "popular"
LAYER_SEEN: Final = "seen_before"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecommendedItem:
    """An item of an answer, and the rung of the ladder that it came from."""

    item_id: str
    title: str
    layer: str
    score: float | None


@dataclass(frozen=True)
class Answer:
    """A full list for one user, all of it from one routing.

    ``degraded`` says that a model that should have served did not.
    """

    user_id: str
    known: bool
    segment_id: str
    segment_name: str
    model: str
    version: str
    parent_version: str
    as_of: date
    degraded: bool
    items: tuple[RecommendedItem, ...]


@dataclass(frozen=True)
class _Request:
    user_id: str
    segment_id: str
    k: int
    exclude_seen: bool
    recent: tuple[RecentEvent, ...]


class _FaultyAnswerError(Exception):
    """Carries an answer past the cache: a model raised, and the next request should ask it again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Router:
    """Answers from the routing that is live when the request begins; ``cached`` answers of it are kept."""

    def __init__(self, recent: RecentEvents, metrics: ServingMetrics, cached: int = 10_000) -> None:
        self._recent = recent
        self._metrics = metrics
        self._cached = cached
        self._live: tuple[Routing, Callable[[_Request], Answer]] | None = None

    @property
    def routing(self) -> Routing | None:
        """The live routing; ``None`` until a snapshot is loaded."""
        return self._live[0] if self._live else None

    def swap(self, routing: Routing) -> None:
        """Let ``routing`` answer from the next request on (one assignment: no request sees half of it)."""
        # equal questions have equal answers while a routing lives, and a new routing starts with an empty cache
        self._live = routing, lru_cache(self._cached)(partial(self._answer, routing))
        self._metrics.swaps.inc()
        self._metrics.set_versions({each.name: each.version for each in routing.models()})
        self._recent.forget_before(routing.snapshot.as_of)

    def recommend(self, user_id: str, k: int, *, exclude_seen: bool) -> Answer:
        """Recommend ``k`` items (at most the catalogue's size), never fewer and never none.

        Raises:
            LookupError: no routing is live yet.
        """
        if self._live is None:
            raise LookupError("nothing is routed yet: swap a routing in first")
        routing, answered = self._live
        recent = tuple(self._recent.of(user_id, routing.snapshot.as_of))
        segment_id = routing.snapshot.segment_of(user_id)
        request = _Request(user_id, segment_id, min(k, len(routing.snapshot.item_ids)), exclude_seen, recent)
        try:
            answer = answered(request)
        except _FaultyAnswerError as faulty:
            answer = faulty.answer
        for item in answer.items:
            self._metrics.items.labels(item.layer).inc()
        return answer

    def _answer(self, routing: Routing, request: _Request) -> Answer:
        served, items, faulty = self._by_model(routing, request)
        snapshot = routing.snapshot
        facts = snapshot.segments.get(request.segment_id)
        answer = Answer(
            user_id=request.user_id,
            known=snapshot.row(request.user_id) >= 0,
            segment_id=request.segment_id,
            segment_name=facts.name if facts else "",
            model=served.name if served else LAYER_POPULAR,
            version=served.version if served else "",
            parent_version=routing.parent.version if routing.parent else "",
            as_of=snapshot.as_of,
            degraded=faulty or routing.parent is None,
            items=_filled(snapshot, request, items),
        )
        if faulty:
            raise _FaultyAnswerError(answer)
        return answer

    def _by_model(self, routing: Routing, request: _Request) -> tuple[ServedModel | None, list[RecommendedItem], bool]:
        degraded = False
        for served in _rungs(routing, request.segment_id):
            try:
                lists = ask(routing, served, request.user_id, request.k, request.exclude_seen, request.recent)
                return served, _items(routing.snapshot, lists), degraded
            except Exception:
                # whatever a model raises, the next rung answers: a list is never lost to one model
                _log.exception("%s version %s raised; the next rung answers", served.name, served.version)
                self._metrics.skipped.labels(served.name, served.version).inc()
                degraded = True
        return None, [], degraded


def _rungs(routing: Routing, segment_id: str) -> list[ServedModel]:
    return [model for model in (routing.heads.get(segment_id), routing.parent) if model is not None]


def _items(snapshot: Snapshot, lists: Recommendations) -> list[RecommendedItem]:
    rows = zip(lists.items[0].tolist(), lists.layers[0].tolist(), lists.scores[0].tolist(), strict=True)
    return [
        RecommendedItem(item, snapshot.titles.get(item, item), layer, score if score == score else None)
        for item, layer, score in rows
        if item != NO_ITEM
    ]


def _filled(snapshot: Snapshot, request: _Request, items: Sequence[RecommendedItem]) -> tuple[RecommendedItem, ...]:
    filled = {item.item_id: item for item in items[: request.k]}
    for item_id, layer in _popular(snapshot, request):
        if len(filled) >= request.k:
            break
        filled.setdefault(item_id, RecommendedItem(item_id, snapshot.titles.get(item_id, item_id), layer, None))
    return tuple(filled.values())


def _popular(snapshot: Snapshot, request: _Request) -> Iterator[tuple[str, str]]:
    seen = snapshot.seen(request.user_id) | {event.item_id for event in request.recent}
    hidden = seen if request.exclude_seen else set()
    for item_id in snapshot.popular_by_segment.get(request.segment_id, ()):
        if item_id not in hidden:
            yield item_id, LAYER_SEGMENT_POPULAR
    for item_id in snapshot.popular:
        if item_id not in hidden:
            yield item_id, LAYER_POPULAR
    # somebody who saw (nearly) everything still gets a full list
    for item_id in snapshot.popular:
        if item_id in hidden:
            yield item_id, LAYER_SEEN
