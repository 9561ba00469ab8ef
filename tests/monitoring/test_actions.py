from __future__ import annotations

from monitoring.actions import Actions, plan_actions
from monitoring.verdicts import Answer, Cause, Verdict


def _verdict(verdict: Answer, cause: Cause) -> Verdict:
    return Verdict(verdict, cause, "", 0.0, 0, 0, 0)


def test_behaviour_retrains_only_its_own_segment() -> None:
    verdicts = {
        "b": _verdict("drift", "behaviour"),
        "a": _verdict("no_drift", "none"),
        "c": _verdict("too_little_data", "none"),
    }
    assert plan_actions(verdicts) == Actions(retrain_segments=("b",))


def test_a_catalogue_that_moved_under_every_segment_retrains_the_parent_once() -> None:
    verdicts = {s: _verdict("drift", "catalogue") for s in "abc"}
    assert plan_actions(verdicts) == Actions(retrain_parent=True)


def test_a_moved_mix_clusters_again_and_retrains_nothing() -> None:
    actions = plan_actions({"a": _verdict("no_drift", "none")}, _verdict("drift", "mix"))
    assert actions == Actions(recluster=True)
    assert actions.any


def test_nothing_drifted_means_nothing_to_do() -> None:
    assert not plan_actions({"a": _verdict("too_little_data", "none")}, _verdict("no_drift", "none")).any
