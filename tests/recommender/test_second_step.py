from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender import artifact
from recommender.history import History
from recommender.settings import SpineSettings
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary

RIVALS = {"ranker", "blend", "popularity", "item_item", "als", "content"}


@pytest.fixture(scope="module")
def best(small_world: Any, small_settings: SpineSettings, as_of: date) -> Spine:
    settings = replace(small_settings, order="best", label_days=10, label_slices=3)
    return Spine.fit(small_world, as_of - timedelta(days=7), settings)


def test_all_rivals_are_reported_whoever_orders(best: Spine, spine: Spine) -> None:
    for fitted in (best, spine):
        assert set(fitted.facts["rivals"]) == RIVALS
        assert fitted.facts["best_single"] in RIVALS - {"ranker", "blend"}


def test_the_better_rival_on_users_left_out_orders(best: Spine) -> None:
    figures = {name: best.facts["rivals"][name]["all"] for name in ("ranker", "blend")}
    assert best.facts["order"] == max(figures, key=lambda name: figures[name])
    assert (best.ranker is not None) == (best.facts["order"] == "ranker")


def test_a_blend_that_serves_orders_by_its_tuned_weights(small_world: Any, small_settings: SpineSettings) -> None:
    fitted = Spine.fit(small_world, date(2026, 2, 20), replace(small_settings, order="blend"))
    assert fitted.ranker is None
    rows = fitted.candidates(fitted.history(small_world.log, fitted.as_of), small_world.people)
    np.testing.assert_array_equal(rows.parent, rows.blended(fitted.weights))


def test_every_slice_gives_labels(best: Spine, spine: Spine) -> None:
    assert (best.facts["slices"], spine.facts["slices"]) == (3, 2)
    assert best.facts["targets"] > 0


def test_slices_before_all_events_are_left_out(small_world: Any, small_settings: SpineSettings, as_of: date) -> None:
    fitted = Spine.fit(small_world, as_of, replace(small_settings, label_days=25, label_slices=4))
    assert fitted.facts["slices"] == 2


def test_strangers_can_be_left_to_a_generator(spine: Spine, small_world: Any) -> None:
    popular = replace(spine, stranger="popularity")
    nobody = History.empty(Vocabulary.of(["stranger"]), spine.items, spine.as_of)
    people = pd.DataFrame({"user_id": ["stranger"]})
    rows = popular.candidates(nobody, people)
    np.testing.assert_array_equal(rows.parent, rows.scores["popularity"])
    history = spine.history(small_world.log, spine.as_of)
    known = popular.candidates(history, small_world.people)
    np.testing.assert_array_equal(known.parent, spine.candidates(history, small_world.people).parent)


def test_weights_and_strangers_are_stored(best: Spine, tmp_path: Any) -> None:
    told = replace(best, stranger="popularity")
    artifact.save(told, tmp_path / "model")
    loaded = artifact.load(tmp_path / "model")
    assert isinstance(loaded, Spine)
    assert (dict(loaded.weights), loaded.stranger) == (dict(told.weights), "popularity")


def test_a_spine_of_several_slices_trained_twice_is_byte_identical(
    best: Spine, small_world: Any, tmp_path: Any
) -> None:
    again = Spine.fit(small_world, best.as_of, best.settings)
    first, second = (artifact.save(model, tmp_path / name) for name, model in (("a", best), ("b", again)))
    assert first.files == second.files


def test_a_monotone_ranker_never_punishes_a_better_proposal(small_world: Any, small_settings: SpineSettings) -> None:
    settings = replace(small_settings, ranker=replace(small_settings.ranker, monotone=True))
    fitted = Spine.fit(small_world, date(2026, 2, 20), settings)
    assert fitted.ranker is not None
    history = fitted.history(small_world.log, fitted.as_of).rows(np.arange(20))
    for _, matrix in fitted.columns(history, small_world.people):
        better = matrix.copy()
        better[:, fitted.schema.names.index("rank_als")] = 1
        better[:, fitted.schema.names.index("share_als")] += 0.5
        assert (fitted.ranker.score(better) >= fitted.ranker.score(matrix) - 1e-6).all()


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'luck'"):
        SpineSettings(order="luck")  # type: ignore[arg-type]
