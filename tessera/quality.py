"""How well the published lists ranked what users then liked, measured as the gate measures."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.quality import QualityEvidence, QualityMeasurement, measure_quality
from recommender.metrics import evaluate
from recommender.recommendations import Recommendations
from recommender.spine import Spine
from tessera.champions import load_parent
from tessera.lake import LakeSource
from tessera.settings import Settings
from training.backtest import Fold
from training.evaluation import Cohort, FoldReader
from training.registry import Registry
from training.versions import model_name
from warehouse.columns import ITEM, SEGMENT, USER
from warehouse.store import Store
from warehouse.windows import Window

SERVED = ["user_id", "rank", "item_id", "segment_id", "model_version"]


def measure_served_quality(
    store: Store, settings: Settings, registry: Registry, as_of: date
) -> dict[str, QualityMeasurement]:
    """Every segment's quality on the last matured window: the newest published lists whose holdout days are over.

    The protocol is the gate's: the same length of window, the same k, seen items masked, users with something to find.
    Nothing published in time: nothing measured.
    """
    published = matured_publication(store, settings, as_of)
    if published is None:
        return {}
    window = ServedWindow(store, settings, registry, published)
    segments = sorted(window.lists[SEGMENT].unique())
    return {s: measure_quality(window.evidence(s), settings.drift.quality) for s in segments}


def matured_publication(store: Store, settings: Settings, as_of: date) -> date | None:
    """The newest day of table ``recommendations`` whose lists have been served for a whole holdout window."""
    newest = as_of - timedelta(days=settings.training.backtest.holdout_days)
    oldest = as_of - timedelta(days=settings.drift.quality.max_age_days)
    return max((day for day in store.dates("recommendations") if oldest <= day <= newest), default=None)


@dataclass(frozen=True)
class ServedWindow:
    """The lists of one publication and the days after it."""

    store: Store
    settings: Settings
    registry: Registry
    published: date

    @cached_property
    def lists(self) -> pd.DataFrame:
        """``user_id rank item_id segment_id model_version`` as they were published."""
        return self.store.frame("recommendations", window=Window.day(self.published), columns=SERVED)

    def evidence(self, segment: str) -> QualityEvidence:
        """One segment's users, what they were served, and the parent's lists for the same users."""
        served = self.lists[self.lists[SEGMENT] == segment]
        version = str(served["model_version"].iloc[0])
        own = version.startswith(f"{model_name(segment)}/")
        cohort = self._cohort(served[USER].unique())
        holdout, users = self._holdout(segment, version.rpartition("/")[2], own)
        return QualityEvidence(
            published=self.published,
            model_version=version,
            metric=f"ndcg@{self.k}",
            served=self._ndcg(_recommendations(served, self.settings.published_items), cohort),
            parent=self._ndcg(self._parents(cohort), cohort) if own and len(cohort) else None,
            holdout=holdout,
            holdout_users=users,
        )

    @property
    def k(self) -> int:
        """Length of the judged lists."""
        return min(self.settings.training.evaluation.k, self.settings.published_items)

    @cached_property
    def _parent(self) -> Spine:
        return load_parent(self.registry, self.settings, self.published)[1]

    @cached_property
    def _source(self) -> LakeSource:
        return LakeSource(self.store, self.settings)

    @cached_property
    def _reader(self) -> FoldReader:
        return FoldReader(self._source, self.settings.training.evaluation)

    def _cohort(self, members: NDArray[np.object_]) -> Cohort:
        days = self.settings.training.backtest.holdout_days
        window = Window(self.published, self.published + timedelta(days=days))
        bound = self.settings.drift.quality.max_users
        if len(members) > bound:
            rng = np.random.default_rng((self.settings.drift.seed, self.published.toordinal()))
            members = rng.choice(np.sort(members), bound, replace=False)
        return self._reader.cohort(Fold(self.published, window, "gate", self._parent), members)

    def _parents(self, cohort: Cohort) -> Recommendations:
        return self._parent.recommend(cohort.history, cohort.users, self.k)

    def _ndcg(self, lists: Recommendations, cohort: Cohort) -> NDArray[np.float64]:
        return evaluate(lists, cohort.truth, self.k)["ndcg"].to_numpy(dtype=np.float64)

    def _holdout(self, segment: str, version: str, own: bool) -> tuple[float, int]:
        """What the serving version reached in the gate on this segment's users; of how many users."""
        column = "model_version" if own else "parent_version"
        rows = [r for r in self._decisions if r["segment_id"] == segment and r[column] == version]
        if not rows:
            return float("nan"), 0
        row = max(rows, key=lambda r: str(r["as_of"]))
        return float(row["challenger" if own else "parent"]), int(row["users"])

    @cached_property
    def _decisions(self) -> list[dict[Hashable, Any]]:
        if not self.store.exists("gate_decisions"):
            return []
        rows = self.store.frame("gate_decisions")
        # a later decision on the same version would make the verdict depend on when it is reached
        return rows[rows["as_of"] <= self.published].to_dict("records")


def _recommendations(served: pd.DataFrame, k: int) -> Recommendations:
    users, row = np.unique(served[USER].to_numpy(dtype=str), return_inverse=True)
    items = np.full((len(users), k), "", dtype=object)
    place = served["rank"].to_numpy() - 1
    items[row[place < k], place[place < k]] = served[ITEM].to_numpy(dtype=object)[place < k]
    unknown = np.full(items.shape, np.nan, dtype=np.float32)
    return Recommendations(users, items.astype(str), unknown, np.full(items.shape, ""))
