from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.head import fit_prior
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, PlantedWorld, planted_world
from training.backtest import Fold
from training.evaluation import FoldReader, judged, members_of
from training.search import Bench, HeadParameters, bench, prior_keys, search
from training.settings import EvaluationSettings, HeadSettings
from warehouse.windows import Window

WINDOW = Window.trailing(AS_OF, 7)
HEAD = HeadSettings(trials=40, passes=1, minimum_users=20)


@pytest.fixture(scope="module")
def ready() -> Bench:
    world: PlantedWorld = planted_world(users=700)
    fold = Fold(WINDOW.start, WINDOW, "tune", Spine.fit(world, WINDOW.start, SETTINGS.spine))
    members = members_of(world.assignments(fold.cutoff), "a")
    reader = FoldReader(world, EvaluationSettings())
    events = reader.events_before(fold.cutoff, 365)
    own = events[events["user_id"].isin(members)]
    priors = {key: fit_prior(own, events, fold.cutoff, *key) for key in prior_keys(HEAD)}
    return bench(reader.cohort(fold, members), priors, "a", 10, True)


weights = st.sampled_from([0.0, -0.2, 0.3, 1.0])


@given(st.sampled_from([0.0, 0.5, 2.0]), st.sampled_from(prior_keys(HEAD)), weights, weights)
@settings(max_examples=12, deadline=None)
def test_a_trial_is_worth_what_the_real_head_reaches(
    ready: Bench, prior_weight: float, key: tuple[float, float], als: float, popularity: float
) -> None:
    parameters = HeadParameters(prior_weight, *key, {"als": als, "popularity": popularity})
    head, cohort = parameters.head("a", ready.priors[key]), ready.cohort
    spine = cohort.fold.spine
    candidates = spine.candidates(cohort.history, cohort.users, head.extra() or None)
    lists = spine.listed(candidates, head.score(candidates), cohort.history, 10, "segment")
    real = judged(cohort, lists, 10)["ndcg"].to_numpy()
    # sums in another order may swap two candidates that are equal to seven digits
    assert np.mean(np.isclose(ready.ndcg(parameters), real)) >= 0.97


def test_the_first_trial_is_the_parent(ready: Bench) -> None:
    tuned = search([ready], HEAD)
    assert tuned.parent == pytest.approx(ready.ndcg(HeadParameters()).mean())
    assert len(tuned.trace) <= HEAD.trials


def test_the_search_finds_the_planted_prior_and_never_ends_below_the_parent(ready: Bench) -> None:
    tuned = search([ready], HEAD)
    assert tuned.parameters.prior_weight > 0
    assert ready.ndcg(tuned.parameters).mean() > tuned.parent


def test_equal_seeds_search_alike(ready: Bench) -> None:
    assert search([ready], HEAD) == search([ready], HEAD)


def test_no_step_is_taken_without_evidence(ready: Bench) -> None:
    assert search([ready], replace(HEAD, evidence=1e9)).parameters == HeadParameters()


def test_too_few_tuning_users_leave_a_light_prior_untuned(ready: Bench) -> None:
    tuned = search([ready], replace(HEAD, minimum_users=10_000))
    assert tuned.parameters.prior_weight == HEAD.default_prior_weight
    assert tuned.trace == ()
    assert search([], HEAD).users == 0
