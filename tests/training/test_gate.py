from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.gate import GateSettings, decide, decide_all

SEED = 20261122


def evaluation(gain: float, users: int = 400, windows: int = 3, seed: int = SEED, spread: float = 0.05) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(windows):
        parent = rng.beta(1, 6, users)
        challenger = parent + gain + rng.normal(0, spread, users)
        ids = [f"u{n}" for n in range(users)]
        frames.append(pd.DataFrame({"fold": f"w{number}", "user_id": ids, "parent": parent, "challenger": challenger}))
    return pd.concat(frames, ignore_index=True)


def test_a_clear_gain_serves_and_says_so_with_its_numbers() -> None:
    decision = decide(evaluation(0.02), GateSettings())
    assert decision.verdict == "serves"
    assert decision.lower > 0
    assert decision.lower < decision.difference < decision.upper
    assert decision.p_value <= 0.05
    assert "400 users in 3 windows" in decision.reason
    assert [w.users for w in decision.by_window] == [400, 400, 400]


def test_a_clear_loss_falls_back() -> None:
    decision = decide(evaluation(-0.02), GateSettings())
    assert decision.verdict == "falls_back"
    assert "Not proved better" in decision.reason


def test_a_gain_within_the_margin_falls_back() -> None:
    assert decide(evaluation(0.02), GateSettings(margin=0.03)).verdict == "falls_back"


@pytest.mark.parametrize(("users", "windows"), [(299, 3), (400, 2), (0, 3)])
def test_too_few_users_or_windows_is_a_third_answer(users: int, windows: int) -> None:
    decision = decide(evaluation(0.5, users=users, windows=windows), GateSettings())
    assert decision.verdict == "not_enough_evidence"
    assert "needed 300 users in 3" in decision.reason
    assert np.isnan(decision.lower)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_f21_a_metric_that_is_no_number_is_rejected(bad: float) -> None:
    frame = evaluation(0.5)
    frame.loc[7, "challenger"] = bad
    assert decide(frame, GateSettings()).verdict == "falls_back"


def test_a_user_twice_in_a_window_is_refused() -> None:
    frame = evaluation(0.02)
    with pytest.raises(ValueError, match="once a window"):
        decide(pd.concat([frame, frame.head(1)]), GateSettings())


def test_missing_columns_are_named() -> None:
    with pytest.raises(ValueError, match="challenger"):
        decide(evaluation(0).drop(columns="challenger"), GateSettings())


def test_a_gain_in_one_window_only_is_not_proof() -> None:
    lucky = evaluation(0.0, spread=0.01)
    lucky.loc[lucky["fold"] == "w0", "challenger"] += 0.05
    assert decide(lucky, GateSettings()).verdict == "falls_back"


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_no_bit(shuffle: int) -> None:
    frame = evaluation(0.003, users=60)
    asked = GateSettings(minimum_users=50, resamples=200)
    assert decide(frame, asked) == decide(frame.sample(frac=1, random_state=shuffle), asked)


@given(st.floats(-0.03, 0.03), st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_the_bound_and_the_p_value_agree(gain: float, comparisons: int) -> None:
    decision = decide(evaluation(gain, users=60), GateSettings(minimum_users=50, resamples=300), comparisons)
    assert (decision.lower > decision.margin) == (decision.p_value <= decision.alpha)


def test_more_comparisons_ask_for_more_proof() -> None:
    one = decide(evaluation(0.004), GateSettings(), comparisons=1)
    many = decide(evaluation(0.004), GateSettings(), comparisons=40)
    assert many.lower < one.lower
    assert many.alpha == pytest.approx(0.05 / 40)


def test_holm_serves_what_bonferroni_serves_and_never_what_a_single_test_refuses() -> None:
    frames = {f"s{n}": evaluation(0.0015 * n, seed=n) for n in range(8)}
    together = decide_all(frames, GateSettings())
    for key, frame in frames.items():
        if decide(frame, GateSettings(), comparisons=8).serves:
            assert together[key].serves
        if not decide(frame, GateSettings()).serves:
            assert not together[key].serves
    assert {d.verdict for d in together.values()} == {"serves", "falls_back"}


def test_holm_counts_only_segments_that_could_be_tested() -> None:
    frames = {"big": evaluation(0.02), "small": evaluation(0.02, users=20)}
    together = decide_all(frames, GateSettings())
    assert together["big"].comparisons == 1
    assert together["small"].verdict == "not_enough_evidence"


def _false_passes(gain: float, cases: int, drift: float = 0.0) -> int:
    asked = GateSettings(minimum_users=60, resamples=200)
    passes = 0
    for case in range(cases):
        rng = np.random.default_rng((SEED, case))
        # many zeros, as NDCG differences have; A/A by random sign
        sizes = (3, 80)
        differences = rng.normal(0, 0.1, sizes) * (rng.random(sizes) < 0.4) + gain + rng.normal(0, drift, (3, 1))
        frame = pd.DataFrame(
            {
                "fold": np.repeat(["a", "b", "c"], 80),
                "user_id": np.tile(np.arange(80).astype(str), 3),
                "parent": 0.1,
                "challenger": 0.1 + differences.ravel(),
            }
        )
        passes += decide(frame, asked).serves
    return passes


def test_f21_a_thousand_equal_and_harmful_challengers_pass_no_more_often_than_alpha() -> None:
    print(f"seed {SEED}")
    equal, harmful = _false_passes(0.0, 500), _false_passes(-0.005, 500)
    assert equal + harmful <= 50
    assert equal <= 25
    assert harmful <= 5


def test_f21_windows_that_shift_together_do_not_fool_the_gate_often() -> None:
    # a shift as large as the users' own noise of a window mean
    assert _false_passes(0.0, 300, drift=0.007) <= 0.08 * 300


def test_deciding_two_thousand_users_takes_under_half_a_second() -> None:
    frame = evaluation(0.001, users=2000)
    started = time.process_time()
    decide(frame, GateSettings(resamples=1000))
    assert time.process_time() - started < 0.5


def test_a_random_training_needs_its_seeds_averaged_on_both_sides() -> None:
    clear = evaluation(0.02)
    few = decide(clear, GateSettings(), seeds=2)
    assert few.verdict == "not_enough_evidence"
    assert "one side averages 2 seeds, needed 3" in few.reason
    assert decide(clear, GateSettings(), seeds=3).serves
    assert decide(clear, GateSettings(), seeds=None).serves


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": 0.0}, {"alpha": 0.7}, {"margin": -0.1}, {"resamples": 0}, {"minimum_users": 0}, {"minimum_seeds": 0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="gate"):
        GateSettings(**wrong)  # type: ignore[arg-type]
