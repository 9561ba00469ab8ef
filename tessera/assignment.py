"""The assignment step: features, the segmentation in force, and who belongs where."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from warehouse.columns import AS_OF, SEGMENT
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)


def assign_users(store: Store, settings: Settings, as_of: date) -> dict[str, Any]:
    """Replace the partitions ``as_of`` of the feature tables and of ``segment_assignments``; users per segment."""
    source = LakeSource(store, settings)
    membership = Membership(store, settings, source, as_of)
    write_features(store, source, as_of)
    assigned = membership.assign(as_of).assign(**{AS_OF: as_of, "fitted_as_of": membership.fitted_as_of})
    store.replace("segment_assignments", assigned, Window.day(as_of))
    sizes = assigned.groupby(SEGMENT).size().to_dict()
    for segment, name in membership.names().items():
        log.info("%s %s: %d users", segment, name, sizes.get(segment, 0))
    return {"fitted_as_of": membership.fitted_as_of.isoformat(), "users": {str(s): int(n) for s, n in sizes.items()}}


def write_features(store: Store, source: LakeSource, as_of: date) -> dict[str, int]:
    """Replace the partitions ``as_of`` of ``user_features`` and ``item_features``; how many users and items."""
    day = Window.day(as_of)
    users, items = source.users(as_of), source.item_features(as_of)
    store.replace("user_features", users.assign(**{AS_OF: as_of}), day)
    store.replace("item_features", items.assign(**{AS_OF: as_of}), day)
    return {"users": len(users), "items": len(items)}
