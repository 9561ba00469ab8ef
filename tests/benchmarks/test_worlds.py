from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.worlds import World, segment_of

SMALL = World(users=200, segments=2, items=60, weeks=6, contrast=0.0, rate=2.0)


def shares(world: World) -> pd.DataFrame:
    """Items by segments: how often each segment chose each item."""
    log = world.source().log
    counts = pd.crosstab(log["item_id"], segment_of(pd.Index(log["user_id"])).to_numpy())
    return counts / counts.sum()


def test_equal_seeds_give_equal_events_and_others_others() -> None:
    first, second = SMALL.source().log, SMALL.source().log
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(World(users=200, segments=2, items=60, weeks=6, seed=1).source().log)


def test_nothing_planted_means_that_segments_choose_alike() -> None:
    alike, planted = (
        shares(World(users=1000, segments=2, items=60, weeks=6, rate=2.0, contrast=contrast)) for contrast in (0.0, 0.8)
    )
    assert alike.corr().iloc[0, 1] > 0.97
    assert planted.corr().iloc[0, 1] < 0.85


def test_a_users_history_tells_the_taste() -> None:
    world = World(users=300, segments=1, items=60, weeks=6, rate=6.0, stay=6, tastes=6)
    log = world.source().log
    counts = pd.crosstab(log["user_id"], log["item_id"])
    profiles = counts[counts.sum(axis=1) > 15]
    between = np.corrcoef(profiles.to_numpy(float))
    # with shared tastes some pairs are much alike: chance alone stays near 0
    assert np.quantile(between[np.triu_indices_from(between, 1)], 0.95) > 0.4


def test_users_stay_as_long_as_the_world_says_and_histories_stop_growing() -> None:
    log = World(users=4000, segments=1, items=60, weeks=16, stay=4).source().log
    lengths = log.groupby("user_id")["ts"].agg(lambda ts: (ts.max() - ts.min()).days)
    assert lengths.max() < 28
    weekly = np.bincount(((log["ts"] - log["ts"].min()).dt.days // 7).to_numpy())[4:16]
    assert weekly.min() > 0.7 * weekly.max()


def test_events_come_in_the_order_and_the_days_of_the_world() -> None:
    source = SMALL.source()
    assert source.log["ts"].is_monotonic_increasing
    assert len(source.events(source.span())) == len(source.log)
    assert source.span().length == 42
    assert set(source.log["user_id"]) <= set(source.people["user_id"])
    assert set(source.log["item_id"]) <= set(source.catalogue["item_id"])
