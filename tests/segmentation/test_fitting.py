from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from segmentation import Band, fit_segmentation, lineage


def _moved(people: pd.DataFrame, share: float, seed: int = 1) -> pd.DataFrame:
    """A share of the users, now with the features of somebody else."""
    random = np.random.default_rng(seed)
    changed = people.copy()
    rows = random.choice(len(people), int(share * len(people)), replace=False)
    columns = [c for c in people.columns if c != "user_id"]
    changed.loc[rows, columns] = people.loc[random.permutation(rows), columns].to_numpy()
    return changed.astype(people.dtypes.to_dict())


def test_planted_groups_become_segments_inside_their_bands(planted, small, as_of) -> None:
    people = planted()
    fitted = fit_segmentation(people, small, as_of)
    assigned = fitted.assign(people)
    assert sorted(s.band for s in fitted.segments) == ["new", "regular", "regular"]
    planted_group = np.arange(len(people)) % 3
    crossed = pd.crosstab(planted_group, assigned["segment_id"].to_numpy())
    assert (crossed.max(axis=1) == crossed.sum(axis=1)).all()
    assert assigned["segment_id"].value_counts().to_dict() == {s.segment_id: s.users for s in fitted.segments}


def test_rows_in_another_order_and_another_run_give_the_same_bytes(planted, small, as_of) -> None:
    people = planted()
    once = fit_segmentation(people, small, as_of).to_json()
    assert fit_segmentation(people.sample(frac=1, random_state=4), small, as_of).to_json() == once


def test_taste_alone_makes_no_segments(planted, small, as_of) -> None:
    people = planted()[["user_id", "events_total", "top_category"]].assign(events_total=50.0)
    assert len(fit_segmentation(people, small, as_of).segments) == 1


def test_f13_a_refit_on_the_same_users_changes_no_id(planted, small, as_of) -> None:
    people = planted()
    first = fit_segmentation(people, small, as_of)
    second = fit_segmentation(people, replace(small, seed=99), as_of + timedelta(days=7), first)
    pd.testing.assert_series_equal(first.assign(people)["segment_id"], second.assign(people)["segment_id"])
    assert set(lineage(first, second)["event"]) == {"kept"}
    assert [s.name for s in second.segments] == [s.name for s in first.segments]


@pytest.mark.parametrize("seed", range(3))
def test_f13_with_a_twentieth_of_the_users_moved_98_of_100_others_keep_their_id(planted, small, as_of, seed) -> None:
    people = planted(seed=seed)
    changed = _moved(people, 0.05, seed)
    first = fit_segmentation(people, small, as_of)
    second = fit_segmentation(changed, small, as_of + timedelta(days=7), first)
    stayed = (people.fillna(-1) == changed.fillna(-1)).all(axis=1)
    same = first.assign(people)["segment_id"] == second.assign(changed)["segment_id"]
    assert same[stayed].mean() >= 0.98


def test_f13_a_group_that_leaves_and_one_that_comes_are_told_apart(planted, small, as_of) -> None:
    people = planted()
    first = fit_segmentation(people, small, as_of)
    evening = first.assign(people).loc[0, "segment_id"]
    only = people[people["share_evening"].isna() | (people["share_evening"] < 0.5)]
    second = fit_segmentation(only, small, as_of + timedelta(days=7), first)
    assert evening not in {s.segment_id for s in second.segments}
    third = fit_segmentation(people, small, as_of + timedelta(days=14), second)
    # the id of the dead is never given again
    assert evening not in {s.segment_id for s in third.segments}
    assert third.next_number > second.next_number == first.next_number


@pytest.mark.parametrize("users", [0, 1, 2, 39])
def test_f12_nobody_or_hardly_anybody_is_one_segment(planted, small, as_of, users) -> None:
    people = planted(users=600).iloc[:users]
    fitted = fit_segmentation(people, small, as_of)
    assert [s.segment_id for s in fitted.segments] == ["s1"]
    assert len(fitted.assign(people)) == users
    assert fitted.assign_one({}) == fitted.default_segment("regular") == "s1"


def test_f14_identical_users_and_all_missing_features_are_one_segment(small, as_of) -> None:
    same = pd.DataFrame({"user_id": [f"u{n}" for n in range(200)], "events_total": 50.0, "share_evening": 0.5})
    empty = same.assign(share_evening=np.nan, events_total=np.nan)
    assert len(fit_segmentation(same, small, as_of).segments) == 1
    assert [s.band for s in fit_segmentation(empty, small, as_of).segments] == ["new"]


def test_no_segment_is_below_the_minimum(planted, small, as_of) -> None:
    for minimum in (40, 200, 1000):
        fitted = fit_segmentation(planted(), replace(small, minimum_size=minimum), as_of)
        assert all(s.users >= minimum for s in fitted.segments) or len(fitted.segments) == 1


def test_a_further_rule_is_a_band_of_its_own(planted, small, as_of) -> None:
    rich = replace(small, extra_bands=(Band("high_value", "High value", "spend_total >= 100"),))
    fitted = fit_segmentation(planted(), rich, as_of)
    assert {s.band for s in fitted.segments} == {"new", "high_value", "regular"}
    rich_ids = {s.segment_id for s in fitted.segments if s.band == "high_value"}
    assert set(fitted.assign(planted().query("spend_total >= 100"))["segment_id"]) == rich_ids
