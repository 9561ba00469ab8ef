"""Bands of history: what is known, what is judged, and the interval of a gain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.given_n import BANDS, GivenN
from benchmarks.paired_means import PairedMeans
from recommender.generators.registry import GeneratorSettings
from recommender.settings import RankerSettings, SpineSettings

SPINE = SpineSettings(
    generators=(GeneratorSettings("Popularity", "popularity"),),
    label_days=3650,
    history_days=3650,
    ranker=RankerSettings(minimum_users=10**9),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> GivenN:
    """The shape of ML-1M with 40 users: user n has rated 3 + n items, the last one badly."""
    rng = np.random.default_rng(1)
    rated = [(user, item) for user in range(40) for item in rng.choice(80, 3 + user, replace=False).tolist()]
    events = pd.DataFrame(rated, columns=["user_id", "item_id"])
    events["file_row"] = np.arange(len(events))
    events["ts"] = pd.Timestamp("2002-01-01", tz="UTC") + pd.to_timedelta(events["file_row"], unit="min")
    events["value"] = np.where(events["user_id"].duplicated(keep="last"), 5.0, 2.0)
    folder: Path = tmp_path_factory.mktemp("ml-1m")
    events.assign(event_type="rating").to_parquet(folder / "events.parquet")
    people = pd.DataFrame({"user_id": range(40), "gender": ["F", "M"] * 20, "age_band": ["25-34"] * 40})
    people.to_parquet(folder / "users.parquet")
    pd.DataFrame({"item_id": range(80), "title": "film"}).to_parquet(folder / "items.parquet")
    return GivenN.read(folder, 3)


def test_what_is_known_comes_before_what_is_judged_and_bands_have_their_lengths(data: GivenN) -> None:
    users = data.people["user_id"].to_numpy(dtype=object)
    spine = data.spine(users, SPINE)
    for band in BANDS:
        cohort = data.cohort(spine, users, band)
        known = np.diff(cohort.history.weights.indptr)
        assert len(cohort) > 0
        assert known.min() >= band.low
        assert band.high is None or known.max() <= band.high
        assert cohort.truth.matrix.multiply(cohort.history.seen()).nnz == 0
        likes = data.likes.groupby("user_id").size().reindex(cohort.truth.users.ids).to_numpy()
        np.testing.assert_array_equal(cohort.truth.relevant, likes - likes // 2)


def test_every_user_tests_once_and_never_in_the_fold_that_fits_on_him(data: GivenN) -> None:
    tested: list[str] = []
    for parts in data.parts(4, 7):
        assert not set(parts.testing) & (set(parts.fitting) | set(parts.tuning))
        assert not set(parts.tuning) & set(parts.fitting)
        tested += parts.testing.tolist()
    assert sorted(tested) == sorted(data.people["user_id"])


def test_a_gain_is_relative_to_the_mean_over_bands_and_lies_in_its_interval() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"user_id": np.tile(np.arange(300).astype(str), 2), "band": np.repeat(["a", "b"], 300)})
    frame["spine"] = np.where(frame["band"] == "a", 0.1, 0.3) + rng.normal(0, 0.02, 600)
    frame["heads"] = frame["spine"] + 0.02 + rng.normal(0, 0.02, 600)
    means = PairedMeans(frame.drop(index=range(10)), ("a", "b"), resamples=300)
    gain = means.gain("heads", "spine")
    assert means.mean("spine") == pytest.approx(0.2, abs=0.005)
    assert gain.percent == pytest.approx(10, abs=1.5)
    assert gain.lower < gain.percent < gain.upper
    assert means.gain("spine", "spine").upper == 0
