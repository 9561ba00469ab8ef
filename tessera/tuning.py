"""What every living segment's training is given: its effective settings and its share of the trials."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from recommender.spine import Spine
from tessera.errors import TesseraError
from tessera.membership import Membership
from tessera.segment_policies import load_policies
from tessera.settings import Settings
from training.budget import budget_table
from training.policies import SegmentPolicy, unknown_features
from training.settings import TrainingSettings
from warehouse.columns import AS_OF, SEGMENT
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)

TABLE = "tuning_budget"


@dataclass(frozen=True)
class PlannedSegment:
    """One segment's row of the plan.

    Args:
        segment_id: whose.
        name: that a person understands.
        users: of it as of the plan's day.
        trials: its share.
        total: of all segments together.
        policy: its effective settings.
        patterns: of the settings file, those that match it.
    """

    segment_id: str
    name: str
    users: int
    trials: int
    total: int
    policy: SegmentPolicy
    patterns: tuple[str, ...] = ()

    def training(self, settings: Settings) -> TrainingSettings:
        """How its model is trained."""
        return self.policy.applied(settings.training, self.trials)

    def parameters(self) -> dict[str, object]:
        """For the version's run in MLflow."""
        told: dict[str, object] = {f"segment.{name}": value for name, value in self.policy.flat().items()}
        return told | {"budget.trials": self.trials, "budget.users": self.users, "budget.total": self.total}

    def sentence(self) -> str:
        """For the version's description."""
        told = ", ".join(f"{name} `{value}`" for name, value in self.policy.flat().items())
        source = f", from {', '.join(f'`{pattern}`' for pattern in self.patterns)}" if self.patterns else ""
        shared = f"{self.users:,} users × value {self.policy.value:g}"
        return f"Tuned with {self.trials:,} of {self.total:,} trials ({shared}). Settings{source}: {told}."


def plan_tuning(settings: Settings, membership: Membership) -> dict[str, PlannedSegment]:
    """The plan of all living segments as of the membership's day, by id: naming some of them changes nobody's share."""
    policies, names = load_policies(settings), membership.names()
    chosen = {segment: policies.of(segment, name) for segment, name in names.items()}
    sizes = membership.at(membership.as_of).value_counts()
    users = {segment: int(sizes.get(segment, 0)) for segment in names}
    values = {segment: policy.value for segment, policy in chosen.items()}
    table = budget_table(users, values, settings.budget, settings.training.head.trials)
    trials = dict(zip(table[SEGMENT], table["trials"].astype(int), strict=True))
    total = int(table["total"].iloc[0]) if len(table) else 0
    return {
        segment: PlannedSegment(
            segment_id=segment,
            name=names[segment],
            users=users[segment],
            trials=trials[segment],
            total=total,
            policy=chosen[segment],
            patterns=tuple(policies.matched(segment, names[segment])),
        )
        for segment in trials
    }


def write_plan(store: Store, settings: Settings, as_of: date, plan: Mapping[str, PlannedSegment]) -> None:
    """Replace the partition ``as_of`` of ``tuning_budget`` and say who gets what."""
    budget = settings.budget
    rows = [
        {
            AS_OF: as_of,
            SEGMENT: planned.segment_id,
            "name": planned.name,
            "users": planned.users,
            "value": planned.policy.value,
            "trials": planned.trials,
            "floor": budget.floor,
            "ceiling": budget.ceiling,
            "total": planned.total,
            "settings": json.dumps(asdict(planned.policy), sort_keys=True),
            "patterns": list(planned.patterns),
        }
        for planned in plan.values()
    ]
    if rows:
        store.replace(TABLE, pd.DataFrame(rows), Window.day(as_of))
    for planned in plan.values():
        log.info("%s %s: %d trials for %d users", planned.segment_id, planned.name, planned.trials, planned.users)


def refuse_unknown_features(planned: PlannedSegment, spine: Spine) -> None:
    """Say so when a feature list names what the parent does not have: a typo would silently leave a feature out.

    Raises:
        TesseraError: names the entries and what is known.
    """
    columns = [name[5:] for name in spine.schema.names if name.startswith(("user_", "item_"))]
    columns += [*spine.preprocessing.users.left_out, *spine.preprocessing.items.left_out]  # empty at training only
    known = ["prior", *(generator.name for generator in spine.generators), *columns]
    unknown = unknown_features(planned.policy, known)
    if unknown:
        raise TesseraError(
            f"the feature list of {planned.segment_id} ({planned.name}) names {', '.join(unknown)}: "
            f"known are {', '.join(known)}; correct the segments file (TESSERA_SEGMENTS_FILE)"
        )
