from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.metrics import per_user
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, PlantedWorld, planted_world
from training.backtest import Fold
from training.bench import Bench, HeadParameters, bench
from training.evaluation import FoldReader, judged, members_of
from training.search import prior_keys, search
from training.settings import EvaluationSettings, HeadSettings
from training.stand import Stand
from training.studies import Sampler
from warehouse.windows import Window

WINDOW = Window.trailing(AS_OF, 7)
HEAD = HeadSettings(trials=40, passes=1, minimum_users=20)


@pytest.fixture(scope="module")
def ready() -> Bench:
    world: PlantedWorld = planted_world(users=1600, contrast=12.0)  # more, and histories alone would tell
    fold = Fold(WINDOW.start, WINDOW, "tune", Spine.fit(world, WINDOW.start, SETTINGS.spine))
    members = members_of(world.assignments(fold.cutoff), "a")
    reader = FoldReader(world, EvaluationSettings())
    priors = {key: reader.counts(Stand.of(fold), key[0]).prior(members, *key[1:]) for key in prior_keys(HEAD)}
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


@given(st.sampled_from([0.0, 0.5, 2.0]), st.sampled_from(prior_keys(HEAD)), weights, st.integers(1, 400))
@settings(max_examples=12, deadline=None)
def test_parts_give_every_user_what_the_whole_bench_gives(
    ready: Bench, prior_weight: float, key: tuple[float, float], als: float, users: int
) -> None:
    parameters = HeadParameters(prior_weight, *key, {"als": als})
    parts = ready.parts(users)
    assert all(0 < len(part.relevant) <= users for part in parts)
    dealt = np.empty(len(ready.cohort))
    for start, part in enumerate(parts):
        dealt[start :: len(parts)] = part.ndcg(parameters)
    np.testing.assert_array_equal(dealt, ready.ndcg(parameters))


def test_a_bench_counts_ranks_as_lists_do(ready: Bench) -> None:
    parameters = HeadParameters(0.5, *prior_keys(HEAD)[0], {"als": 0.3})
    whole = ready.part(np.arange(len(ready.cohort)))
    codes, _ = ready.candidates.top(whole.ranking(parameters), ready.k)
    listed = per_user(codes, ready.cohort.truth, ready.k)["ndcg"].to_numpy()
    np.testing.assert_allclose(ready.ndcg(parameters), listed, rtol=0, atol=1e-12)


def test_the_first_trial_is_the_parent(ready: Bench) -> None:
    tuned = search([ready], HEAD)
    assert tuned.parent == pytest.approx(ready.ndcg(HeadParameters()).mean())
    assert len(tuned.trace) <= HEAD.trials


def test_the_search_finds_the_planted_prior_and_never_ends_below_the_parent(ready: Bench) -> None:
    tuned = search([ready], HEAD)
    assert tuned.parameters.prior_weight > 0
    assert ready.ndcg(tuned.parameters).mean() > tuned.parent


@pytest.mark.parametrize("sampler", get_args(Sampler))
def test_equal_seeds_search_alike_with_every_sampler(ready: Bench, sampler: Sampler) -> None:
    chosen = replace(HEAD, sampler=sampler, trials=15)
    assert search([ready], chosen) == search([ready], chosen)


def test_a_kept_search_is_read_and_another_segments_is_another(ready: Bench, tmp_path: Path) -> None:
    first = search([ready], HEAD, tmp_path, "a-2026-02-26")
    (journal,) = (tmp_path / "a-2026-02-26").glob("*.jsonl")
    kept = journal.read_text().count("distributions")
    assert search([ready], HEAD, tmp_path, "a-2026-02-26") == first
    assert journal.read_text().count("distributions") == kept == len(first.trace)
    other = replace(ready, k=5)
    search([other], HEAD, tmp_path, "a-2026-02-26")
    search([ready], replace(HEAD, trials=39), tmp_path, "a-2026-02-26")
    assert len(list((tmp_path / "a-2026-02-26").glob("*.jsonl"))) == 3


def test_only_listed_features_get_weights(ready: Bench) -> None:
    blend_only = search([ready], replace(HEAD, features=("als", "pop*"), evidence=0.0))
    assert blend_only.parameters.prior_weight == 0
    assert set(blend_only.parameters.blend) <= {"als", "popularity"}
    assert search([ready], replace(HEAD, features=("prior",), evidence=0.0)).parameters.blend == {}
    assert search([ready], replace(HEAD, features=("als",), minimum_users=10_000)).parameters.prior_weight == 0


def test_no_step_is_taken_without_evidence(ready: Bench) -> None:
    assert search([ready], replace(HEAD, evidence=1e9)).parameters == HeadParameters()


def test_too_few_tuning_users_leave_a_light_prior_untuned(ready: Bench) -> None:
    tuned = search([ready], replace(HEAD, minimum_users=10_000))
    assert tuned.parameters.prior_weight == HEAD.default_prior_weight
    assert tuned.trace == ()
    assert search([], HEAD).users == 0
