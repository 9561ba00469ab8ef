from __future__ import annotations

from dataclasses import replace

import pytest

from training.policies import SegmentPolicies, SegmentPolicy, unknown_features
from training.settings import HeadSettings, TrainingSettings

POLICIES = SegmentPolicies(
    SegmentPolicy(value=2.0),
    (
        ("new*", {"features": ("prior",), "promotion": "manual"}),
        ("S3", {"promotion": "never", "seconds": 5.0}),
        ("*mobile*", {"value": 3.0}),
    ),
)


def test_a_segment_that_nothing_matches_has_the_default() -> None:
    assert POLICIES.of("s1", "Loyal on desktop") == SegmentPolicy(value=2.0)


def test_ids_and_names_are_matched_whatever_their_case() -> None:
    assert POLICIES.of("s3").promotion == "never"
    assert POLICIES.of("s9", "New users").features == ("prior",)
    assert POLICIES.of("new-9", "Loyal").features == ("prior",)


def test_of_several_matches_later_ones_win_field_by_field() -> None:
    both = POLICIES.of("s3", "New mobile users")
    assert both == SegmentPolicy(features=("prior",), promotion="never", value=3.0, seconds=5.0)
    assert POLICIES.matched("s3", "New mobile users") == ["new*", "S3", "*mobile*"]


def test_patterns_without_a_segment_are_found() -> None:
    assert POLICIES.idle({"s1": "Loyal", "s2": "New ones"}) == ["S3", "*mobile*"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strategy": "magic"}, "segment 's1': unknown strategy 'magic': expected one of head"),
        ({"stratgey": "head"}, "segment 's1': there is no setting stratgey"),
        ({"diversity": 1.5}, r"between 0 and 1; found 1\.5"),
        ({"value": -1.0}, "value must be >= 0; found -1"),
        ({"features": ()}, "at least one name"),
    ],
)
def test_what_no_segment_can_have_is_refused_by_its_pattern(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SegmentPolicies(changes=(("s1", change),))


def test_the_default_is_what_the_installation_is_set_to() -> None:
    head = HeadSettings(half_lives=(7.0,), sampler="tpe", seconds=9.0, features=("prior", "als"))
    training = TrainingSettings(head=head, diversity=0.3)
    policy = SegmentPolicy.of(training, "manual")
    assert (policy.half_lives, policy.sampler, policy.seconds, policy.diversity) == ((7.0,), "tpe", 9.0, 0.3)
    assert (policy.features, policy.promotion) == (("prior", "als"), "manual")
    assert policy.applied(training, head.trials) == training


def test_a_policy_reaches_training_and_changes_its_hash() -> None:
    base = TrainingSettings()
    policy = replace(SegmentPolicy.of(base), half_lives=(3.0,), diversity=0.2)
    applied = policy.applied(base, 17)
    assert (applied.head.trials, applied.head.half_lives, applied.diversity) == (17, (3.0,), 0.2)
    assert applied.spine == base.spine
    assert len({base.hash(), applied.hash(), policy.applied(base, 18).hash()}) == 3
    assert policy.applied(base, 0).head.trials == 1


def test_features_that_match_nothing_are_named() -> None:
    policy = SegmentPolicy(features=("prior", "alss", "user_*", "spend*"))
    assert unknown_features(policy, ["prior", "als", "spend_30d"]) == ["alss", "user_*"]


def test_everything_is_said_in_words() -> None:
    assert SegmentPolicy().flat() == {
        "strategy": "head",
        "features": "*",
        "diversity": "0.0",
        "promotion": "auto",
        "value": "1.0",
        "sampler": "coordinate",
        "seconds": "60.0",
        "half_lives": "14.0, 60.0",
        "on_drift": "retrain",
        "hold_days": "7",
    }
