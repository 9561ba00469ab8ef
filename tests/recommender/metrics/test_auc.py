"""Against the definition: the share of (relevant, other) pairs in the right order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.candidates import Candidates
from recommender.metrics import Truth, auc

USERS = st.lists(
    st.tuples(
        st.sets(st.sampled_from("abcdefgh"), max_size=3),
        st.text("abcdefghXY", min_size=1, max_size=5),
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 2) | st.just(-np.inf), max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def _candidates(eight: Any, truth: Truth, scored: dict[str, dict[str, float]]) -> tuple[Candidates, Any]:
    rows = sorted(
        (user, int(eight.items.codes([item])[0]), score)
        for user, name in enumerate(truth.users.ids.tolist())
        for item, score in scored[name].items()
    )
    user, item, score = (np.array([row[n] for row in rows]) for n in range(3))
    score, ones = score.astype(np.float32), np.ones(len(rows), dtype=np.bool_)
    return Candidates(truth.users, eight.items, user.astype(int), item.astype(int), {}, score, ones), score


def _naive(unseen: set[str], relevant: set[str], scored: dict[str, float]) -> float:
    value = {item: scored.get(item, -np.inf) for item in unseen}
    pairs = [(value[good], value[bad]) for good in unseen & relevant for bad in unseen - relevant]
    return float(np.mean([(good > bad) + 0.5 * (good == bad) for good, bad in pairs])) if pairs else np.nan


@given(users=USERS)
def test_auc_counts_the_pairs_in_order(eight: Any, users: list[Any]) -> None:
    seen = {f"u{n}": "".join(sorted(entry[0])) for n, entry in enumerate(users)}
    history = eight.history(seen)
    truth = eight.truth({f"u{n}": entry[1] for n, entry in enumerate(users)}, history)
    scored = {f"u{n}": {i: s for i, s in entry[2].items() if i not in entry[0]} for n, entry in enumerate(users)}
    candidates, ranking = _candidates(eight, truth, scored)
    values = auc(candidates, ranking, truth, history.of_users(truth.users.ids))
    for name, value in zip(truth.users.ids.tolist(), values, strict=True):
        liked = set(users[int(name[1:])][1])
        assert value == pytest.approx(_naive(set("abcdefgh") - set(seen[name]), liked, scored[name]), nan_ok=True)


def test_an_item_nobody_proposed_shares_the_last_place(eight: Any) -> None:
    truth = eight.truth({"u": "h"})
    candidates, ranking = _candidates(eight, truth, {"u": {"a": 1.0}})
    nobody = eight.history({}).of_users(truth.users.ids)
    assert auc(candidates, ranking, truth, nobody)[0] == pytest.approx((0 + 6 * 0.5) / 7)


def test_candidates_of_other_users_are_refused(eight: Any) -> None:
    truth = eight.truth({"u": "a"})
    candidates, ranking = _candidates(eight, eight.truth({"v": "a"}), {"v": {"a": 1.0}})
    with pytest.raises(ValueError, match="truth's 1 users"):
        auc(candidates, ranking, truth, eight.history({}))
