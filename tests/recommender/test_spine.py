"""The global model as its users meet it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.history import History
from recommender.metrics import evaluate, per_user, truth_of
from recommender.settings import SpineSettings
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary


def _holdout(world: Any, spine: Spine) -> pd.DataFrame:
    frame: pd.DataFrame = world.log[world.log["ts"] >= pd.Timestamp(spine.as_of, tz="UTC")]
    return frame


def test_it_ranks_better_than_popularity(spine: Spine, world_history: History, small_world: Any) -> None:
    truth = truth_of(_holdout(small_world, spine), world_history)
    history = world_history.of_users(truth.users.ids)
    lists = evaluate(spine.recommend(history, small_world.people, 10), truth)
    candidates = spine.candidates(history, small_world.people)
    popular = per_user(candidates.top(candidates.scores["popularity"], 10)[0], truth, 10)
    assert spine.facts["ranker"] == "lambdarank"
    assert lists["ndcg"].mean() > popular["ndcg"].mean() * 1.2


def test_fitting_twice_gives_equal_bits(spine: Spine, world_history: History, small_world: Any) -> None:
    again = Spine.fit(small_world, spine.as_of, spine.settings)
    assert again.ranker is not None
    assert spine.ranker is not None
    assert again.ranker.texts == spine.ranker.texts
    first, second = (s.recommend(world_history, small_world.people, 10) for s in (spine, again))
    np.testing.assert_array_equal(first.scores, second.scores)
    assert again.facts == spine.facts


def test_later_events_change_nothing(spine: Spine, small_world: Any) -> None:
    future = small_world.log.assign(ts=pd.Timestamp(spine.as_of, tz="UTC"), item_id="i000", user_id="intruder")
    poisoned = replace(small_world, log=pd.concat([small_world.log, future], ignore_index=True))
    again = Spine.fit(poisoned, spine.as_of, spine.settings)
    assert again.ranker is not None
    assert spine.ranker is not None
    assert again.ranker.texts == spine.ranker.texts
    for mine, other in zip(spine.generators, again.generators, strict=True):
        for name, array in mine.state()[0].items():
            np.testing.assert_array_equal(array, other.state()[0][name])


def test_features_of_the_ranker_are_read_as_of_each_slices_cutoff(small_world: Any, as_of: date) -> None:
    asked: list[tuple[str, date]] = []

    class Watched:
        events, span = small_world.events, small_world.span

        def users(self, day: date) -> pd.DataFrame:
            asked.append(("users", day))
            return small_world.users(day)

        def items(self, day: date) -> pd.DataFrame:
            asked.append(("items", day))
            return small_world.items(day)

    settings = SpineSettings(label_days=10, lifts=("gender",)).with_parameters("als", factors=4, iterations=2)
    Spine.fit(Watched(), as_of, settings)  # type: ignore[arg-type]
    cutoffs = {as_of - timedelta(days=10), as_of - timedelta(days=20)}
    assert {day for kind, day in asked if kind == "users"} == {*cutoffs, as_of}
    assert {day for kind, day in asked if kind == "items"} == {*cutoffs, as_of}


def test_lists_are_full_distinct_and_unseen(spine: Spine, world_history: History, small_world: Any) -> None:
    lists = spine.recommend(world_history, small_world.people, 12)
    assert lists.items.shape == (len(world_history.users), 12)
    past = small_world.log[small_world.log["ts"] < pd.Timestamp(spine.as_of, tz="UTC")]
    seen_by = past.groupby("user_id")["item_id"].agg(set)
    for row, user in enumerate(world_history.users.ids):
        seen = seen_by[user]
        assert len(set(lists.items[row])) == 12
        assert not seen & set(lists.items[row])
    assert (np.diff(lists.scores, axis=1) <= 0).all()
    assert set(np.unique(lists.layers)) <= {"global", "popular"}


def test_a_stranger_gets_a_full_list(spine: Spine) -> None:
    stranger = History.empty(Vocabulary.of(["stranger"]), spine.items, spine.as_of)
    lists = spine.recommend(stranger, pd.DataFrame({"user_id": []}), 40)
    assert (lists.items != "").all()
    assert lists.layers[0, 0] == "global"
    assert lists.layers[0, -1] == "popular"
    assert np.isfinite(lists.scores).all()


def test_a_list_ends_only_with_the_catalogue(spine: Spine) -> None:
    stranger = History.empty(Vocabulary.of(["stranger"]), spine.items, spine.as_of)
    lists = spine.recommend(stranger, pd.DataFrame({"user_id": []}), len(spine.items) + 5)
    assert (lists.items != "").sum() == len(spine.items)
    assert set(lists.items[0, : len(spine.items)]) == set(spine.items.ids)
    assert (lists.layers[0, len(spine.items) :] == "").all()


def test_seen_items_come_back_when_repeats_are_allowed(spine: Spine, world_history: History, small_world: Any) -> None:
    lists = spine.recommend(world_history, small_world.people, 10, exclude_seen=False)
    codes = spine.items.codes(lists.items.ravel()).reshape(lists.items.shape)
    assert np.take_along_axis(world_history.seen().toarray(), codes, axis=1).any()


def test_no_users_give_an_empty_answer(spine: Spine) -> None:
    nobody = History.empty(Vocabulary.empty(), spine.items, spine.as_of)
    assert spine.recommend(nobody, pd.DataFrame({"user_id": []}), 3).items.shape == (0, 3)


def test_extra_rows_change_neither_the_others_scores_nor_the_parents_list(
    spine: Spine, world_history: History, small_world: Any
) -> None:
    plain = spine.candidates(world_history, small_world.people)
    more = spine.candidates(world_history, small_world.people, extra=[*spine.items.ids[:30].tolist(), "unknown"])
    assert len(more) > len(plain)
    assert more.from_parent.sum() == len(plain)
    np.testing.assert_array_equal(more.parent[more.from_parent], plain.parent)
    for name, scores in plain.scores.items():
        np.testing.assert_array_equal(more.scores[name][more.from_parent], scores)
        assert np.isfinite(more.scores[name]).all()
    np.testing.assert_array_equal(more.top(more.parent_ranking(), 10)[0], plain.top(plain.parent, 10)[0])


def test_extra_items_can_differ_by_user(spine: Spine, world_history: History, small_world: Any) -> None:
    history = world_history.rows(np.array([0, 1]))
    wanted = {str(history.users.ids[0]): spine.items.ids.tolist()}
    rows = spine.candidates(history, small_world.people, extra=wanted)
    unseen = (~history.seen().toarray()).sum(axis=1)
    assert np.diff(rows.offsets)[0] == unseen[0]
    assert np.diff(rows.offsets)[1] < unseen[1]


def test_rows_are_sorted_and_equal_whatever_the_batch(
    spine: Spine, world_history: History, small_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = spine.candidates(world_history, small_world.people)
    monkeypatch.setattr("recommender.retrieval._MOST_USERS", 7)
    parts = spine.candidates(world_history, small_world.people)
    np.testing.assert_array_equal(parts.user_code, whole.user_code)
    assert (np.diff(whole.user_code * len(spine.items) + whole.item_code) > 0).all()
    np.testing.assert_allclose(parts.parent, whole.parent, atol=0.05)


def test_too_few_labels_fall_back_to_the_blend_and_say_so(make_world: Any, as_of: date) -> None:
    tiny = make_world(users=12, items=20, events_per_user=6)
    fitted = Spine.fit(tiny, as_of, SpineSettings().with_parameters("als", factors=4, iterations=2))
    assert fitted.ranker is None
    assert fitted.facts["ranker"] == "blend"
    assert "50 needed" in fitted.facts["ranker_reason"]
    lists = fitted.recommend(fitted.history(tiny.log, as_of), tiny.people, 5)
    assert (lists.items != "").all()


def test_missing_columns_are_tolerated_at_training_and_serving(make_world: Any, as_of: date, spine: Spine) -> None:
    plain = make_world(plain=True)
    fitted = Spine.fit(plain, as_of, spine.settings)
    assert fitted.ranker is not None
    bare = pd.DataFrame({"user_id": plain.people["user_id"]})
    assert (fitted.recommend(fitted.history(plain.log, as_of), bare, 5).items != "").all()


def test_no_event_before_the_inner_cutoff_is_survived(small_world: Any, as_of: date) -> None:
    first_days = date(2026, 1, 4)
    fitted = Spine.fit(small_world, first_days, SpineSettings().with_parameters("als", factors=4, iterations=2))
    assert fitted.ranker is None
    assert len(fitted.items) == 60


def test_a_history_over_other_items_is_refused_with_advice(spine: Spine, small_world: Any) -> None:
    other = History.from_events(small_world.log, spine.as_of, Vocabulary.of(["x", "y"]))
    with pytest.raises(ValueError, match=r"own 60 items.*2 others.*spine.history"):
        spine.candidates(other, small_world.people)


def test_a_list_of_no_items_is_refused(spine: Spine, world_history: History, small_world: Any) -> None:
    with pytest.raises(ValueError, match="k=0"):
        spine.recommend(world_history, small_world.people, 0)


def test_facts_are_plain_values(spine: Spine) -> None:
    assert json.loads(json.dumps(spine.facts)) == spine.facts
    assert len(spine.facts["learning_curve"]) == 3
