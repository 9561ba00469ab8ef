"""Preprocessing inside the spine: fitted before the labels, stored, and the same after loading."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender import artifact
from recommender.features import user_matrix
from recommender.preprocessing import Preprocessing, PreprocessingSettings
from recommender.spine import Spine

CHOICES = PreprocessingSettings(missing="impute", outliers="iqr", reach=2.0, labels=3, buckets=4, centre_ratings=True)


@pytest.fixture(scope="module")
def rated(small_world: Any) -> Any:
    """The small world with every third event a rating of 1 to 5 points, and prices missing or absurd."""
    rng = np.random.default_rng(8)
    log = small_world.log.copy()
    rating = np.arange(len(log)) % 3 == 0
    log.loc[rating, "event_type"] = "rating"
    log.loc[rating, "weight"] = (rng.integers(1, 6, int(rating.sum())) - 2.5) * 2
    catalogue = small_world.catalogue.copy()
    catalogue.loc[:4, "price"] = np.nan
    catalogue.loc[5, "price"] = 1e9
    return replace(small_world, log=log, catalogue=catalogue)


@pytest.fixture(scope="module")
def fitted(rated: Any, small_settings: Any, as_of: Any) -> Spine:
    return Spine.fit(rated, as_of - timedelta(days=7), replace(small_settings, preprocessing=CHOICES))


@pytest.fixture(scope="module")
def loaded(fitted: Spine, tmp_path_factory: pytest.TempPathFactory) -> Spine:
    folder = tmp_path_factory.mktemp("preprocessed") / "model"
    artifact.save(fitted, folder, {})
    model = artifact.load(folder)
    assert isinstance(model, Spine)
    return model


def test_a_loaded_spine_makes_the_same_bytes(fitted: Spine, loaded: Spine, rated: Any) -> None:
    users = rated.users(fitted.as_of)
    ids = np.array([*users["user_id"][:5], "stranger"])
    mine, its = (user_matrix(users, ids, spine.preprocessing.users) for spine in (fitted, loaded))
    assert mine.tobytes() == its.tobytes()
    mine, its = (spine.preprocessing.items.transform(rated.catalogue) for spine in (fitted, loaded))
    assert mine.tobytes() == its.tobytes()
    histories = [spine.history(rated.log, spine.as_of) for spine in (fitted, loaded)]
    assert histories[0].weights.data.tobytes() == histories[1].weights.data.tobytes()


def test_a_loaded_spine_recommends_the_same(fitted: Spine, loaded: Spine, rated: Any) -> None:
    history = fitted.history(rated.log, fitted.as_of)
    lists = [spine.recommend(history, rated.users(fitted.as_of), 5) for spine in (fitted, loaded)]
    np.testing.assert_array_equal(lists[0].items, lists[1].items)


def test_the_facts_tell_what_was_found(fitted: Spine) -> None:
    report = fitted.facts["preprocessing"]
    assert report["items"]["columns"]["price"] == {"missing": 5, "above": 1}
    assert report["items"]["hashed"] == {"brand": 4}
    assert report["ratings"]["items"] > 0
    assert "item_price_missing" in fitted.schema.names


def test_the_catalogue_holds_what_preprocessing_made(fitted: Spine) -> None:
    price = fitted.schema.items.index("price")
    assert np.isfinite(fitted.catalogue.features[:, price]).all()
    assert fitted.catalogue.features[:, price].max() < 1e9


def test_centred_ratings_reach_the_history(fitted: Spine, rated: Any) -> None:
    plain = Preprocessing()
    raw = replace(fitted, preprocessing=plain).history(rated.log, fitted.as_of)
    centred = fitted.history(rated.log, fitted.as_of)
    assert (centred.weights != raw.weights).nnz > 0
    assert centred.weights.nnz == raw.weights.nnz, "what was seen stays seen"


def test_nothing_after_the_label_cutoff_is_learnt(fitted: Spine, rated: Any, small_settings: Any) -> None:
    inner = fitted.as_of - timedelta(days=fitted.settings.label_days)
    log = rated.log.copy()
    later = pd.to_datetime(log["ts"], utc=True) >= pd.Timestamp(inner, tz="UTC")
    log.loc[later, "weight"] = -5.0
    users, items = rated.users(inner), rated.items(inner)
    past = log[~later]
    again = Preprocessing.fit(users, items, past, CHOICES)
    assert again.state()[1] == fitted.preprocessing.state()[1]


def test_a_spine_whose_columns_differ_from_its_schema_is_refused(fitted: Spine, tmp_path: Path) -> None:
    artifact.save(replace(fitted, preprocessing=Preprocessing()), tmp_path / "model", {})
    with pytest.raises(artifact.ArtifactError, match="other columns than the schema"):
        artifact.load(tmp_path / "model")
