from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from interactions.features import rollup
from recommender.generators import Content
from recommender.preprocessing import Preprocessing
from recommender.settings import SpineSettings
from recommender.two_stage import training_data
from tessera.errors import NotReadyError
from tessera.feature_cache import KEPT, FeatureCache
from tessera.ingestion import ingest_window
from tessera.lake import LakeSource
from tessera.settings import Settings
from tests.interactions.deliveries import DAY, deliver, event, first_days
from tests.tessera.conftest import END, START, Environment
from warehouse.engine import duckdb_engine
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("shop")
AS_OF = END - timedelta(days=7)
Shop = Callable[..., Settings]


def plant(store: Store, when: datetime) -> None:
    """Everything that could leak: a flood of purchases, a user and an item that nobody knew, all from ``when`` on."""
    users = ["u000001", "future-user"]
    rows = [
        dict.fromkeys(TABLES["interactions"].schema.names)
        | {"user_id": user, "item_id": item, "event_type": "purchase", "ts": when + timedelta(minutes=n), "value": 9e5}
        | {"event_id": f"future-{user}-{item}-{n}", "date": when.date()}
        for user in users
        for item in ("i00001", "future-item")
        for n in range(40)
    ]
    day = Window.day(when.date())
    old = store.read("interactions", window=day)
    new = pa.Table.from_pylist(rows, schema=TABLES["interactions"].schema)
    store.replace("interactions", pa.concat_tables([old.select(new.column_names).cast(new.schema), new]), day)
    rollup(duckdb_engine(threads=1), store, [when.date()])
    for table, key, since in (("users", "user_id", "signup_ts"), ("items", "item_id", "available_from")):
        schema = TABLES[table].schema
        row = dict.fromkeys(schema.names) | {key: f"future-{table[:-1]}", since: when}
        known = store.read(table).select(schema.names).cast(schema)
        store.replace(table, pa.concat_tables([known, pa.Table.from_pylist([row], schema=schema)]))


def test_planted_future_events_change_nothing(small_shop: Shop) -> None:
    settings = small_shop()
    store = Store(settings.lake)
    before = LakeSource(store, settings)
    seen = before.users(AS_OF), before.items(AS_OF), before.events(Window(START, AS_OF))
    plant(store, datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC))
    after = LakeSource(store, settings)
    assert after.data_hash != before.data_hash, "the same cache would be read: nothing would be tested"
    for was, now in zip(
        seen, (after.users(AS_OF), after.items(AS_OF), after.events(Window(START, AS_OF))), strict=True
    ):
        assert_frame_equal(was, now)
    assert "future-user" in set(after.users(AS_OF + timedelta(days=1))["user_id"]), "the plant itself must be visible"


def test_a_source_reads_the_lake_as_it_was_when_it_was_made(small_shop: Shop) -> None:
    settings = small_shop()
    store = Store(settings.lake)
    early = LakeSource(store, settings)
    plant(store, datetime(START.year, START.month, START.day, 12, tzinfo=UTC))
    late = LakeSource(store, settings)
    assert "future-user" not in set(early.users(AS_OF)["user_id"])
    assert "future-user" not in set(early.events(Window(START, AS_OF))["user_id"])
    assert "future-user" in set(late.users(AS_OF)["user_id"])
    assert early.snapshots["interactions"].version < late.snapshots["interactions"].version


def test_features_are_computed_once_a_snapshot_and_kept(small_shop: Shop) -> None:
    settings = small_shop()
    first = LakeSource(Store(settings.lake), settings)
    computed = first.users(AS_OF)
    kept = sorted(settings.home.glob(f"cache/features/*/{AS_OF}*"))
    assert [file.name for file in kept] == [f"{AS_OF}-items.parquet", f"{AS_OF}-users.parquet"]
    pd.DataFrame({"user_id": ["from the cache"]}).to_parquet(kept[1])
    again = LakeSource(Store(settings.lake), settings).users(AS_OF)
    assert list(again["user_id"]) == ["from the cache"]
    assert len(computed) > 100


def test_features_of_the_snapshots_used_last_stay(small_shop: Shop) -> None:
    settings = small_shop()
    folders = [FeatureCache(Store(settings.lake), settings, f"snapshot{number}").folder for number in range(KEPT + 2)]
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        pd.DataFrame({"user_id": ["kept"]}).to_parquet(folder / f"{AS_OF}-users.parquet")
        FeatureCache(Store(settings.lake), settings, f"snapshot{number}").read(AS_OF, "users")
    assert [folder.exists() for folder in folders] == [False] * 2 + [True] * KEPT


def test_events_carry_weight_truth_and_price(small_shop: Shop) -> None:
    settings = small_shop()
    events = LakeSource(Store(settings.lake), settings).events(Window.trailing(AS_OF, 14))
    by_type = events.groupby("event_type")["weight"]
    assert by_type.max()["return"] < 0 < by_type.min()["view"] < by_type.min()["purchase"]
    assert not events.loc[events["event_type"] == "return", "positive"].any()
    assert events.loc[events["event_type"] == "purchase", "positive"].all()
    assert (events["price"] > 0).all()
    assert events["ts"].max() < pd.Timestamp(AS_OF, tz="UTC")


def test_an_empty_lake_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"no interactions.*tessera ingest"):
        LakeSource(Store(tmp_path), Settings(home=tmp_path))


def test_vectors_that_come_with_the_items_reach_the_content_generator(environment: Environment, tmp_path: Path) -> None:
    folder = deliver(tmp_path / "in", DAY, [event(n, user_id=f"u{n}", item_id=f"i{n}") for n in range(3)])
    (folder / "items.csv").write_text('item_id,embedding\ni0,"[1, 0]"\ni1,"[0, 1]"\ni2,"[0.9, 0.1]"\n')
    settings = environment.load(TESSERA_HOME=str(tmp_path / "home"), TESSERA_SOURCE=str(folder), TESSERA_THREADS="1")
    ingest_window(Store(settings.lake), settings, first_days(1))
    source, as_of = LakeSource(Store(settings.lake), settings), first_days(1).end
    events = source.events(first_days(1))

    training = training_data(source.items(as_of), events, as_of, SpineSettings(), Preprocessing())
    content = Content(embedding="embedding", dense_weight=1.0).fit(training)

    (first, second, third) = content.score(training.history.of_users(np.array(["u0"])))[0]
    assert first == pytest.approx(1)
    assert third > 0.9
    assert second == pytest.approx(0, abs=1e-6)
