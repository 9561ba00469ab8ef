"""One model asked for one user's list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from recommender.head import SegmentHead
from recommender.recommendations import Recommendations
from serving.models import ServedModel
from serving.recent import RecentEvent, as_frame
from serving.routing import Routing
from warehouse.windows import midnight


def ask(
    routing: Routing,
    served: ServedModel,
    user_id: str,
    k: int,
    exclude_seen: bool = True,
    recent: Sequence[RecentEvent] = (),
) -> Recommendations:
    """One model's list for one user, from the snapshot's events and the ``recent`` ones.

    Recent events count as of the snapshot's own day: while no newer snapshot comes, a profile does not fade.

    Raises:
        LookupError: a head without a global model to stand on.
    """
    model = served.model
    base = model if not isinstance(model, SegmentHead) else routing.parent.model if routing.parent else None
    if base is None or isinstance(base, SegmentHead):
        raise LookupError(f"{served.name} is a head and needs the global model; none is loaded")
    snapshot = routing.snapshot
    events, as_of = snapshot.events(user_id), snapshot.as_of
    if recent:
        as_of += timedelta(days=1)
        events = pd.concat([events, as_frame(recent, midnight(as_of))], ignore_index=True)
    history = base.history(events, as_of).of_users(np.array([user_id], dtype=np.str_))
    features = snapshot.features_of(user_id)
    if isinstance(model, SegmentHead):
        return model.recommend(base, history, features, k, exclude_seen)
    return base.recommend(history, features, k, exclude_seen)
