from typing import Any

import numpy as np
import pytest

from recommender.metrics import Background, diversity, overview, per_user

MET = {"v": "abc", "w": "ab", "x": "ad", "y": "b"}


@pytest.fixture
def background(eight: Any) -> Background:
    return Background(eight.history(MET), np.repeat(np.eye(2, dtype=np.float32), 4, axis=0))


def test_the_popular_list_leaves_out_what_the_user_met(eight: Any, background: Background) -> None:
    lists = background.popular(np.array(["v", "stranger"]), 3)
    assert eight.items.ids[lists[1]].tolist() == ["a", "b", "c"], "three met a, three b, one c"
    assert not set(eight.items.ids[lists[0]]) & set("abc")


def test_a_user_who_met_nearly_everything_has_a_short_popular_list(eight: Any) -> None:
    background = Background(eight.history({"u": "abcdefg"}), np.eye(8, dtype=np.float32))
    assert background.popular(np.array(["u"]), 3).tolist() == [[7, -1, -1]]


def test_the_table_holds_every_metric_of_every_part(eight: Any, background: Background) -> None:
    truth = eight.truth({"new": "ae", "w": "ch"}, background.history)
    lists = eight.lists("ac", "ce")
    table = overview(lists, truth, background, 2).set_index(["part", "metric"])
    assert table.loc[("all", "ndcg"), "value"] == pytest.approx(per_user(lists, truth, 2)["ndcg"].mean())
    assert table.loc[("cold users", "recall"), "value"] == 0.5
    assert table.loc[("cold items", "recall"), "users"] == 2
    assert table.loc[("all", "diversity"), "value"] == pytest.approx(np.mean(diversity(lists, background.vectors)))
    assert table.loc[("all", "coverage"), "value"] == 3 / 8
    assert table.loc[("all", "serendipity"), "value"] == 0.0, "a and c are what everybody would have got"
    assert set(table.loc["all"].index) >= {"novelty", "popularity", "popularity_lift", "gini", "mrr", "hit_rate"}


def test_parts_without_users_have_no_rows(eight: Any, background: Background) -> None:
    table = overview(eight.lists("c", "c"), eight.truth({"w": "c", "y": "a"}, background.history), background, 1)
    assert set(table["part"]) == {"all", "known users", "known items"}
