from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from monitoring.quality import QualityMeasurement
from monitoring.quality_settings import QualitySettings
from recommender.recommendations import Recommendations
from recommender.settings import RankerSettings, SpineSettings
from recommender.spine import Spine
from tessera import quality
from tessera.lake import LakeSource
from tessera.quality import matured_publication, measure_served_quality
from tessera.settings import Settings
from tests.tessera.conftest import END
from training.evaluation import FoldReader, judged
from training.registry import Registry
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("shop")
PUBLISHED = END - timedelta(days=7)
SMALL = SpineSettings(
    candidates=15, order="ranker", ranker=RankerSettings(trees=5, minimum_leaf=10, minimum_users=20)
).with_parameters("als", factors=8, iterations=3)
NOBODY = cast(Registry, None)


@pytest.fixture
def settings(small_shop: Callable[..., Settings]) -> Settings:
    made = small_shop("home")
    drift = replace(made.drift, quality=QualitySettings(min_users=5))
    return made.model_copy(update={"drift": drift})


@pytest.fixture
def spine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Spine:
    fitted = Spine.fit(LakeSource(Store(settings.lake), settings), PUBLISHED, SMALL)
    monkeypatch.setattr(quality, "load_parent", lambda *_: (None, fitted))
    return fitted


def _publish(settings: Settings, spine: Spine, version: str, worst: bool = False) -> Recommendations:
    """Everybody in segment s1, served by ``version``; ``worst`` turns the lists over."""
    source = LakeSource(Store(settings.lake), settings)
    users = source.users(PUBLISHED)
    events = source.events(Window(source.span().start, PUBLISHED))
    history = spine.history(events, PUBLISHED).of_users(users["user_id"].to_numpy(dtype=str))
    lists = spine.recommend(history, users, settings.published_items)
    served = lists.items[:, ::-1] if worst else lists.items
    rows: dict[str, Any] = dict.fromkeys(TABLES["recommendations"].schema.names)
    rows |= {"as_of": PUBLISHED, "segment_id": "s1", "model_version": version, "score": 0.0, "layer": "global"}
    rows["user_id"] = np.repeat(lists.users, served.shape[1]).astype(object)
    rows["rank"] = np.tile(np.arange(1, served.shape[1] + 1), len(served))
    rows["item_id"] = served.ravel().astype(object)
    frame = pd.DataFrame(rows)
    Store(settings.lake).replace("recommendations", frame[frame["item_id"] != ""], Window.day(PUBLISHED))
    return lists


def _decided(settings: Settings, **figures: object) -> None:
    row: dict[str, Any] = dict.fromkeys(TABLES["gate_decisions"].schema.names)
    row |= {"as_of": PUBLISHED, "segment_id": "s1", "verdict": "serves", "promoted": True, "users": 500, **figures}
    Store(settings.lake).replace("gate_decisions", pd.DataFrame([row]), Window.day(PUBLISHED), segment_id="s1")


def _measured(settings: Settings) -> QualityMeasurement:
    return measure_served_quality(Store(settings.lake), settings, NOBODY, END)["s1"]


def test_what_was_served_is_judged_as_the_gate_judges(settings: Settings, spine: Spine) -> None:
    lists = _publish(settings, spine, "tessera-global/1")
    _decided(settings, parent=0.05, parent_version="1", model_version="9", challenger=0.5)
    found = _measured(settings)
    source = LakeSource(Store(settings.lake), settings)
    fold = quality.Fold(PUBLISHED, Window(PUBLISHED, END), "gate", spine)
    # a segment's cohort are those who were assigned, and so served, at the cutoff
    cohort = FoldReader(source, settings.training.evaluation).cohort(fold, lists.users.astype(object))
    assert found.served.mean == pytest.approx(judged(cohort, lists, 10)["ndcg"].mean())
    assert (found.users, found.holdout) == (len(cohort), 0.05)
    assert np.isnan(found.parent)


def test_a_segments_own_model_is_held_against_its_parent_on_the_same_users(settings: Settings, spine: Spine) -> None:
    _publish(settings, spine, "tessera-s1/3", worst=True)
    _decided(settings, parent=0.05, parent_version="1", model_version="3", challenger=0.07)
    found = _measured(settings)
    assert found.holdout == 0.07
    assert found.parent > found.served.mean
    assert found.difference.mean == pytest.approx(found.served.mean - found.parent)


def test_lists_that_are_not_matured_or_too_old_are_not_judged(settings: Settings) -> None:
    store = Store(settings.lake)
    assert measure_served_quality(store, settings, NOBODY, END) == {}
    row: dict[str, Any] = dict.fromkeys(TABLES["recommendations"].schema.names)
    row |= {"as_of": PUBLISHED, "user_id": "u", "rank": 1, "item_id": "i", "segment_id": "s1"}
    store.replace("recommendations", pd.DataFrame([row]), Window.day(PUBLISHED))
    assert matured_publication(store, settings, END - timedelta(days=1)) is None
    assert matured_publication(store, settings, END + timedelta(days=3)) == PUBLISHED
    assert matured_publication(store, settings, END + timedelta(days=60)) is None
