"""The publish step: the serving snapshot, and the table of recommendations as the champions rank them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.head import SegmentHead
from recommender.spine import Spine
from serving.snapshot import load_snapshot, write_snapshot
from tessera.champions import load_parent, load_version, serving_version
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from training.registry import Registry
from training.versions import Version
from warehouse.columns import ITEM, SEGMENT, TS, TYPE, USER, WEIGHT
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)

POPULAR_DAYS = 28
POPULAR_HALF_LIFE = 7.0
POPULAR_ITEMS = 200
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Published:
    """What was published, and whether the API's snapshot moved (a backfill leaves a newer one alone)."""

    as_of: date
    users: int
    rows: int
    snapshot: str


def publish(store: Store, settings: Settings, registry: Registry, as_of: date) -> Published:
    """Write the recommendations as of a day and, unless a newer one is there, the serving snapshot."""
    source = LakeSource(store, settings)
    membership = Membership(store, settings, source, as_of)
    events = source.events(Window(source.span().start, as_of))
    lists = _recommendations(settings, registry, source, membership, events, as_of)
    store.replace("recommendations", lists, Window.day(as_of))
    snapshot = _snapshot(settings, source, membership, events, as_of)
    return Published(as_of, lists[USER].nunique(), len(lists), snapshot)


def _snapshot(settings: Settings, source: LakeSource, membership: Membership, events: pd.DataFrame, as_of: date) -> str:
    folder = settings.serving / "snapshots"
    newest = _published_as_of(folder)
    if newest is not None and newest > as_of:
        log.info("the API serves %s: the older snapshot as of %s is not published", newest, as_of)
        return ""
    assigned = membership.assign(as_of)
    by_segment = events.assign(**{SEGMENT: events[USER].map(assigned.set_index(USER)[SEGMENT])})
    version = write_snapshot(
        folder,
        as_of,
        events=events[[USER, ITEM, TYPE, TS, WEIGHT]],
        user_features=source.users(as_of),
        assignments=assigned[[USER, SEGMENT]],
        segments=membership.segmentation.rows()[[SEGMENT, "name", "band"]],
        items=source.items(as_of),
        popular=popular(events, as_of),
        popular_by_segment={str(s): popular(part, as_of) for s, part in by_segment.groupby(SEGMENT)},
        new_user_segment=membership.segmentation.default_segment(),
    )
    return version.name


def popular(events: pd.DataFrame, as_of: date) -> list[str]:
    """Items by their decayed positive weight in the last four weeks, best first (ties: by id)."""
    window = Window.trailing(as_of, POPULAR_DAYS)
    recent = events[(events[TS] >= window.start_ts) & (events[TS] < window.end_ts) & (events[WEIGHT] > 0)]
    age = (pd.Timestamp(window.end_ts) - recent[TS]).dt.total_seconds() / DAY_SECONDS
    score = recent[WEIGHT] * np.exp2(-age / POPULAR_HALF_LIFE)
    ranked = score.groupby(recent[ITEM]).sum().sort_index().sort_values(ascending=False, kind="stable")
    return [str(item) for item in ranked.index[:POPULAR_ITEMS]]


def _published_as_of(folder: Path) -> date | None:
    return load_snapshot(folder).as_of if (folder / "CURRENT").exists() else None


def _recommendations(
    settings: Settings,
    registry: Registry,
    source: LakeSource,
    membership: Membership,
    events: pd.DataFrame,
    as_of: date,
) -> pd.DataFrame:
    """Lists of every user known at ``as_of``, by the champion of the user's segment or else by the parent."""
    columns = ["as_of", USER, "rank", ITEM, "score", "layer", SEGMENT, "model_version"]
    parent, spine = load_parent(registry, settings, as_of)
    users = source.users(as_of)
    parts = [
        _listed(settings, registry, spine, parent, segment, users[users[USER].isin(members)], events, as_of)
        for segment, members in _members(membership, as_of).items()
    ]
    return pd.concat(parts, ignore_index=True)[columns]


def _members(membership: Membership, as_of: date) -> Mapping[str, pd.Index]:
    assigned = membership.at(as_of)
    return {str(segment): part.index for segment, part in assigned.groupby(assigned)}


def _listed(
    settings: Settings,
    registry: Registry,
    spine: Spine,
    parent: Version,
    segment: str,
    users: pd.DataFrame,
    events: pd.DataFrame,
    as_of: date,
) -> pd.DataFrame:
    own = serving_version(registry, segment, parent)
    serving = own if own is not None and own.as_of <= as_of else parent
    model = spine if serving == parent else load_version(registry, settings, serving)
    past = events[events[USER].isin(users[USER])]
    history = spine.history(past, as_of).of_users(users[USER].to_numpy(dtype=str))
    k = settings.published_items
    if isinstance(model, SegmentHead):
        lists = model.recommend(spine, history, users, k)
    else:
        lists = model.recommend(model.history(past, as_of).of_users(users[USER].to_numpy(dtype=str)), users, k)
    log.info("%s: %d lists by %s v%s", segment, len(users), serving.name, serving.version)
    shape = lists.items.shape
    frame = pd.DataFrame(
        {
            "as_of": as_of,
            USER: np.repeat(lists.users, shape[1]).astype(object),
            "rank": np.tile(np.arange(1, shape[1] + 1), shape[0]),
            ITEM: lists.items.ravel().astype(object),
            "score": lists.scores.ravel().astype(float),
            "layer": lists.layers.ravel().astype(object),
            SEGMENT: segment,
            "model_version": f"{serving.name}/{serving.version}",
        }
    )
    return frame[frame[ITEM] != ""]
