from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, START, PlantedWorld, planted_world
from training.backtest import Fold
from training.evaluation import FoldReader, judged, means, members_of, paired
from training.settings import EvaluationSettings
from warehouse.windows import Window

WINDOW = Window.trailing(AS_OF, 7)


@pytest.fixture(scope="module")
def world() -> PlantedWorld:
    return planted_world(users=300)


@pytest.fixture(scope="module")
def fold(world: PlantedWorld) -> Fold:
    return Fold(WINDOW.start, WINDOW, "gate", Spine.fit(world, WINDOW.start, SETTINGS.spine))


def expected_users(world: PlantedWorld, members: set[str] | None = None) -> list[str]:
    """By plain loops: users with a liked item in the window that they had not touched before."""
    before = world.events(Window(START, WINDOW.start))
    seen = set(zip(before["user_id"], before["item_id"], strict=True))
    after = world.events(WINDOW)
    fresh = {u for u, i in zip(after["user_id"], after["item_id"], strict=True) if (u, i) not in seen}
    return sorted(fresh if members is None else fresh & members)


def test_the_cohort_is_who_liked_something_new_in_the_window(world: PlantedWorld, fold: Fold) -> None:
    cohort = FoldReader(world, EvaluationSettings()).cohort(fold)
    assert cohort.truth.users.ids.tolist() == expected_users(world)
    assert cohort.history.users.ids.tolist() == cohort.truth.users.ids.tolist()


def test_a_segments_cohort_is_its_users_as_assigned_at_the_cutoff(world: PlantedWorld, fold: Fold) -> None:
    members = members_of(world.assignments(fold.cutoff), "a")
    cohort = FoldReader(world, EvaluationSettings()).cohort(fold, members)
    assert cohort.truth.users.ids.tolist() == expected_users(world, set(members))
    assert all(int(user[1:]) % 2 for user in cohort.truth.users.ids)


def test_nothing_disliked_is_truth(world: PlantedWorld, fold: Fold) -> None:
    disliked = replace(world, log=world.log.assign(positive=False))
    assert len(FoldReader(disliked, EvaluationSettings()).cohort(fold)) == 0


def test_a_large_cohort_is_sampled_the_same_way_every_time(world: PlantedWorld, fold: Fold) -> None:
    few = EvaluationSettings(users_per_fold=20)
    first, second = (FoldReader(world, few).cohort(fold).truth.users.ids.tolist() for _ in range(2))
    other = FoldReader(world, replace(few, seed=12)).cohort(fold).truth.users.ids.tolist()
    assert len(first) == 20
    assert first == second
    assert first != other
    assert set(first) <= set(expected_users(world))


def test_sampled_users_keep_their_own_truth(world: PlantedWorld, fold: Fold) -> None:
    whole = FoldReader(world, EvaluationSettings()).cohort(fold)
    few = FoldReader(world, EvaluationSettings(users_per_fold=15)).cohort(fold)
    places = whole.truth.users.codes(few.truth.users.ids)
    assert (whole.truth.matrix[places] != few.truth.matrix).nnz == 0
    assert np.array_equal(whole.truth.relevant[places], few.truth.relevant)


def test_judged_lists_carry_the_window_and_every_user_once(world: PlantedWorld, fold: Fold) -> None:
    cohort = FoldReader(world, EvaluationSettings()).cohort(fold)
    frame = judged(cohort, fold.spine.recommend(cohort.history, cohort.users, 10), 10)
    assert frame["user_id"].tolist() == cohort.truth.users.ids.tolist()
    assert set(frame["fold"]) == {str(WINDOW)}
    assert means(frame, 10)["ndcg@10"] == pytest.approx(frame["ndcg"].mean())
    assert frame["ndcg"].between(0, 1).all()
    assert frame["ndcg"].mean() > 0.05


def test_parent_and_challenger_are_paired_by_window_and_user() -> None:
    parent = pd.DataFrame({"fold": "w", "user_id": ["x", "y"], "ndcg": [0.1, 0.2]})
    challenger = pd.DataFrame({"fold": "w", "user_id": ["y", "x"], "ndcg": [0.5, 0.4]})
    both = paired(parent, challenger).set_index("user_id")
    assert both.loc["x"].tolist() == ["w", 0.1, 0.4]
    with pytest.raises(ValueError, match="same users"):
        paired(parent, challenger.head(1))
