from typing import Any

import numpy as np
import pytest

from recommender.metrics import EvaluationProtocol, breakdown

MET = np.array([2, 1, 0, 0, 0, 0, 0, 0])


def test_cold_users_and_cold_items_are_reported_apart(eight: Any) -> None:
    history = eight.history({"old": "b"})
    truth = eight.truth({"new": "a", "old": "acX"}, history)
    frame = breakdown(eight.lists("a", "cd"), truth, history, MET, 2).set_index(["part", "user_id"])["recall"]
    assert frame["all"].to_dict() == pytest.approx({"new": 1.0, "old": 1 / 3})
    assert frame["cold users"].to_dict() == {"new": 1.0}
    assert frame["known users"].to_dict() == pytest.approx({"old": 1 / 3})
    assert frame["cold items"].to_dict() == {"old": 0.5}, "c is found, X lies outside the catalogue"
    assert frame["known items"].to_dict() == {"new": 1.0, "old": 0.0}


def test_parts_without_users_are_empty(eight: Any) -> None:
    frame = breakdown(eight.lists("a"), eight.truth({"u": "a"}), eight.history({}), MET, 1)
    assert set(frame["part"]) == {"all", "cold users", "known items"}


def test_a_protocol_reads_as_words() -> None:
    one = EvaluationProtocol("time split 28 d", "new items only", "seen masked", 10, 1234)
    assert str(one) == "time split 28 d, new items only, seen masked, full ranking, k=10, n=1,234"
    assert str(EvaluationProtocol("time split 28 d", "new items only", "seen masked", 10, 9, 3)).endswith("3 windows")
