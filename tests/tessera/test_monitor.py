"""A monitored day keeps its verdicts: whatever was promoted or delivered since, and in whatever order days are run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import pandas as pd
import pytest

from monitoring.trouble import Trouble
from monitoring.verdicts import Verdict
from tessera.monitor import monitor, with_trouble
from tessera.reference import champions_before, recorded_reference
from tessera.settings import Settings
from tests.tessera.conftest import END
from training.registry import Registry
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("shop")


class NoModels:
    """A registry in which nothing was ever registered."""

    def champion(self, name: str) -> None:
        return None


REGISTRY = cast(Registry, NoModels())


@pytest.fixture
def watched(small_shop: Callable[..., Settings]) -> Settings:
    """Little is compared, so that a day is judged in two seconds; an alarm needs this day and the one before."""
    settings = small_shop()
    columns = tuple(rule for rule in settings.drift.columns if rule.name in ("category", "device"))
    enough = replace(settings.drift, min_rows_reference=50, min_rows_current=20, min_users=5)
    drift = replace(enough, columns=columns, replicates=4, k_of_n=(2, 2))
    return settings.model_copy(update={"drift": drift})


def hashes(store: Store) -> list[str]:
    return [store.content_hash(table, Window.day(END)) for table in ("drift_verdicts", "drift_measurements")]


def promoted(store: Store, segment: str, as_of: date) -> None:
    row: dict[str, Any] = dict.fromkeys(TABLES["gate_decisions"].schema.names)
    row |= {"as_of": as_of, "segment_id": segment, "verdict": "serves", "model_version": "1", "promoted": True}
    row |= {"detail": json.dumps({"reason": "scheduled"})}
    store.replace("gate_decisions", pd.DataFrame([row]), Window.day(as_of), segment_id=segment)


def test_a_judged_day_is_judged_alike_in_any_order_after_a_promotion_and_late_events(watched: Settings) -> None:
    store = Store(watched.lake)
    found = monitor(store, watched, REGISTRY, END)
    assert "no_drift" in {v.verdict for v in found.verdicts.values()}
    before = hashes(store)
    promoted(store, "global", END - timedelta(days=14))
    day = Window.trailing(END, 1)
    events = store.frame("interactions", window=day)
    late = events.assign(event_id=events["event_id"] + "-late", device="fridge")
    store.replace("interactions", pd.concat([events, late]), day)
    # the day before was measured for this one; now it has verdicts of its own to be read
    monitor(store, watched, REGISTRY, END - timedelta(days=1))
    monitor(store, watched, REGISTRY, END)
    assert hashes(store) == before
    monitor(store, watched, REGISTRY, END, anew=True)
    assert hashes(store) != before
    recorded = recorded_reference(store, END)
    assert recorded is not None
    assert set(recorded.champions.values()) - {None} == {END - timedelta(days=14)}


def test_the_champion_before_a_day_is_the_newest_of_segment_and_parent(watched: Settings) -> None:
    store, week = Store(watched.lake), timedelta(days=7)
    assert champions_before(store, REGISTRY, ["s1"], END) == {"s1": None}
    promoted(store, "global", END - 3 * week)
    promoted(store, "s1", END - 2 * week)
    promoted(store, "s1", END)
    assert champions_before(store, REGISTRY, ["s1", "s2"], END) == {"s1": END - 2 * week, "s2": END - 3 * week}
    # a new parent serves everybody until a segment is proved on it again
    promoted(store, "global", END - week)
    assert champions_before(store, REGISTRY, ["s1", "s2"], END) == {"s1": END - week, "s2": END - week}


def test_trouble_with_the_data_goes_before_the_mix() -> None:
    mix = Verdict("drift", "mix", "sizes moved", 1.0, 100, 100, 100)
    trouble = Trouble("missing_day", (END,), "120 events where 900 are usual", "deliver the day again")
    told = with_trouble(mix, (trouble,))
    assert (told.verdict, told.cause) == ("data_trouble", "data")
    assert told.reason == "120 events where 900 are usual: deliver the day again"
    assert with_trouble(mix, ()) == mix
