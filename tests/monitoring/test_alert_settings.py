from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.alert_settings import AlertSettings
from monitoring.letter import SEVERITIES
from monitoring.notifier_settings import NotifierSettings

SHARES = st.floats(0, 1)
TIMES = st.floats(0, 10)


@pytest.mark.parametrize(
    ("cause", "share", "times", "severity"),
    [
        ("behaviour", 0.005, 9.0, "info"),
        ("behaviour", 0.05, 9.0, "warning"),
        ("behaviour", 0.2, 1.2, "warning"),
        ("behaviour", 0.2, 3.0, "critical"),
        ("quality", 0.2, 0.0, "critical"),
        ("data", 1.0, 0.0, "critical"),
        ("mix", 1.0, 0.0, "warning"),
    ],
)
def test_severity_follows_cause_size_and_move(cause: str, share: float, times: float, severity: str) -> None:
    assert AlertSettings().severity(cause, share, times) == severity


@given(st.sampled_from(["behaviour", "data", "mix"]), SHARES, SHARES, TIMES, TIMES)
def test_a_larger_segment_or_a_further_move_is_never_less_severe(
    cause: str, share: float, more: float, times: float, further: float
) -> None:
    rule = AlertSettings()
    first, second = (
        SEVERITIES.index(rule.severity(cause, *of)) for of in ((share, times), (max(share, more), max(times, further)))
    )
    assert first <= second


@pytest.mark.parametrize("wrong", [{"digest_from": 0}, {"recovery_days": 0}, {"small_share": 0.2}, {"large_share": 2}])
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AlertSettings(**wrong)  # type: ignore[arg-type]


def test_a_notifier_hears_of_what_is_severe_enough_and_needs_a_path() -> None:
    loud = NotifierSettings("webhook.WebhookNotifier", least="warning")
    assert [loud.wants(severity) for severity in SEVERITIES] == [False, True, True]
    with pytest.raises(ValueError, match="must be module"):
        NotifierSettings("WebhookNotifier")
