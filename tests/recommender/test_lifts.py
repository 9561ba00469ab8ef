from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.history import History
from recommender.lifts import Lift, told_lifts
from recommender.spine import Spine
from recommender.vocabulary import Vocabulary

AS_OF = date(2026, 3, 1)
USERS = pd.DataFrame(
    {
        "user_id": ["f1", "f2", "m1", "m2", "quiet"],
        "gender": ["f", "f", "m", "m", None],
        "share_mobile": [1.0, 0.5, 0.0, 0.0, np.nan],
        "share_desktop": [0.0, 0.5, 1.0, 1.0, np.nan],
    }
)
PAIRS = [("f1", "a"), ("f2", "a"), ("f1", "b"), ("m1", "b"), ("m2", "b"), ("m1", "c"), ("quiet", "c")]


def _history(pairs: list[tuple[str, str]] = PAIRS) -> History:
    events = pd.DataFrame(pairs, columns=["user_id", "item_id"]).assign(weight=1.0)
    events["ts"] = datetime(2026, 2, 1, tzinfo=UTC)
    return History.from_events(events, AS_OF, Vocabulary.of("abcd"))


def _score(lift: Lift, user: str, item: str, users: pd.DataFrame = USERS) -> float:
    members = lift.members(users, np.array([user]))
    return float(lift.score(members, np.array([0]), _history().items.codes([item]))[0])


def test_a_lift_is_the_logarithm_of_the_groups_share_of_an_items_adopters_over_its_share_of_all() -> None:
    lift = Lift.of("gender", USERS, _history())
    # three adoptions by f, three by m are known; both of item a are by f; 20 more are spread as all are
    assert _score(lift, "f1", "a") == pytest.approx(np.log((2 + 10) / (2 + 20) / 0.5))
    assert _score(lift, "m1", "a") == pytest.approx(np.log((0 + 10) / (2 + 20) / 0.5))
    assert _score(lift, "m1", "b") == pytest.approx(np.log((2 + 10) / (3 + 20) / 0.5))


def test_an_item_that_nobody_took_up_has_no_lift() -> None:
    assert _score(Lift.of("gender", USERS, _history()), "f1", "d") == 0


def test_who_uses_several_devices_has_their_mean_lift() -> None:
    lift = Lift.of("device", USERS, _history())
    assert lift.groups == ("share_mobile", "share_desktop")
    expected = (_score(lift, "f1", "a") + _score(lift, "m1", "a")) / 2
    assert _score(lift, "f2", "a") == pytest.approx(expected)
    assert _score(lift, "f1", "a") > 0 > _score(lift, "m1", "a")


@pytest.mark.parametrize("name", ["gender", "device"])
def test_of_users_without_a_known_group_no_lift_is_known(name: str) -> None:
    lift = Lift.of(name, USERS, _history())
    strange = USERS.assign(gender="x", share_mobile=np.nan, share_desktop=np.nan)
    assert np.isnan([_score(lift, "quiet", "a"), _score(lift, "stranger", "a"), _score(lift, "f1", "a", strange)]).all()
    assert np.isnan(_score(lift, "f1", "a", USERS[["user_id"]]))


def test_columns_that_are_absent_or_tell_nobody_apart_are_left_out() -> None:
    told = USERS.assign(country="de", segment=None)
    assert told_lifts(("device", "hour", "segment", "country", "gender"), told) == ("device", "gender")


def test_only_the_most_frequent_labels_are_groups() -> None:
    labels = [f"l{n % 40:02d}" for n in range(60)]  # l00 to l19 twice, the others once
    users = pd.DataFrame({"user_id": [f"u{n}" for n in range(60)], "city": labels})
    groups = Lift.of("city", users, _history([("u1", "a")])).groups
    assert groups == tuple(f"l{n:02d}" for n in range(32))


def test_events_after_the_cutoff_lift_nothing() -> None:
    late = pd.DataFrame(
        {"user_id": ["m1"], "item_id": ["a"], "weight": [1.0], "ts": [datetime(2026, 3, 1, tzinfo=UTC)]}
    )
    early = pd.DataFrame(PAIRS, columns=["user_id", "item_id"]).assign(weight=1.0, ts=datetime(2026, 2, 1, tzinfo=UTC))
    history = History.from_events(pd.concat([early, late]), AS_OF, Vocabulary.of("abcd"))
    np.testing.assert_array_equal(
        Lift.of("gender", USERS, history).by_item, Lift.of("gender", USERS, _history()).by_item
    )


def test_the_ranker_reads_the_same_lift_after_a_save_and_a_load(
    spine: Spine, world_history: History, small_world: Any, tmp_path: Any
) -> None:
    from recommender.artifact import load, save

    save(spine, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert isinstance(loaded, Spine)
    assert "gender_lift" in spine.schema.names
    assert "device_lift" not in spine.schema.names  # the world knows no devices
    mine, other = (list(model.columns(world_history, small_world.people)) for model in (spine, loaded))
    column = spine.schema.names.index("gender_lift")
    for (_, matrix), (_, again) in zip(mine, other, strict=True):
        np.testing.assert_array_equal(matrix, again)
        assert np.isfinite(matrix[:, column]).all()
        assert matrix[:, column].std() > 0


def test_a_model_from_before_there_were_lifts_keeps_its_schema(spine: Spine) -> None:
    plain = replace(spine.schema, lifts=())
    assert "lifts" not in plain.to_json()
    assert type(plain).from_json(plain.to_json()) == plain
