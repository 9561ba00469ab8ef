from __future__ import annotations

from pathlib import Path

import pytest

from tessera.errors import SettingsError
from tessera.segment_policies import load_policies
from tests.tessera.conftest import Environment
from training.policies import SegmentPolicies, SegmentPolicy

EXAMPLE = Path(__file__).parents[2] / "examples" / "segments.yaml"


def policies(environment: Environment, text: str, **variables: str) -> SegmentPolicies:
    Path("segments.yaml").write_text(text)
    return load_policies(environment.load(TESSERA_SEGMENTS_FILE="segments.yaml", **variables))


def test_without_a_file_everybody_has_the_installations_settings(environment: Environment) -> None:
    settings = environment.load(TESSERA_PROMOTION="manual", TESSERA_TRAINING__HEAD__HALF_LIVES="[5]")
    found = load_policies(settings)
    assert found.changes == ()
    assert found.of("s1") == SegmentPolicy.of(settings.training, "manual")
    assert found.of("s1").half_lives == (5.0,)


def test_segments_inherit_from_the_default_and_the_default_from_the_settings(environment: Environment) -> None:
    text = "default: {half_lives: [7, 30]}\nsegments:\n  s3: {promotion: manual, value: 2}\n  'new*': {seconds: 5}\n"
    found = policies(environment, text, TESSERA_TRAINING__HEAD__SAMPLER="tpe")
    assert found.of("s1") == SegmentPolicy(half_lives=(7.0, 30.0), sampler="tpe")
    assert found.of("s3") == SegmentPolicy(half_lives=(7.0, 30.0), sampler="tpe", promotion="manual", value=2.0)
    assert found.of("s4", "New users").seconds == 5.0


def test_an_empty_file_changes_nothing(environment: Environment) -> None:
    assert policies(environment, "# nothing yet\n").of("s1") == SegmentPolicy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segments: {s3: {stratgey: hard}}", "segments.s3.stratgey: there is no such setting; known are strategy, "),
        ("segmnets: {}", "segmnets: there is no such setting; known are default, segments, alerts; found {}"),
        ("default: {promotion: sometimes}", "default.promotion: Input should be 'auto', 'manual' or 'never'"),
        ("segments: {s3: {features: prior}}", "segments.s3.features"),
        ("segments: {s3: {strategy: magic}}", "segment 's3': unknown strategy 'magic'"),
        ("default: {diversity: 2}", "between 0 and 1; found 2"),
        ("alerts: {s3: {to: [nobody]}}", "alerts.s3.to.0: String should match pattern"),
        ("alerts: {s3: {who: [a@x.org]}}", "alerts.s3.who: there is no such setting; known are to, severity"),
        ("segments: [s3]", "segments: Input should be a valid dictionary"),
        ("segments: {s3: ", "is no YAML"),
        ("- s3", "the file: "),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_was_found(
    environment: Environment, text: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        policies(environment, text)
    assert said in str(refused.value)
    assert "segments.yaml" in str(refused.value)


def test_a_file_that_is_not_there_is_refused_at_the_start(environment: Environment) -> None:
    with pytest.raises(SettingsError, match=r"segments_file.*no such file"):
        environment.load(TESSERA_SEGMENTS_FILE="absent.yaml")


def test_the_example_is_right_and_shows_every_setting(environment: Environment) -> None:
    found = load_policies(environment.load(TESSERA_SEGMENTS_FILE=str(EXAMPLE)))
    assert len(found.changes) >= 2
    assert all(f"{name}:" in EXAMPLE.read_text() for name in SegmentPolicy().flat())
