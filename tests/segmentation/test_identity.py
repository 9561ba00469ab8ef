from hypothesis import given
from hypothesis import strategies as st

from segmentation.identity import Transition, inherit, transitions

GROUPS = st.lists(st.integers(0, 3), min_size=40, max_size=80)


@given(GROUPS, st.permutations(range(4)))
def test_f13_renumbered_clusters_keep_their_ids(groups: list[int], order: list[int]) -> None:
    old = [f"s{g + 1}" for g in groups]
    ids, number = inherit(old, [order[g] for g in groups], 4, 5, 0.4)
    assert [ids[order[g]] for g in groups] == old
    # groups without a user have no past: they are born with numbers never used
    assert number == 5 + (4 - len(set(groups)))


@given(st.lists(st.integers(0, 3), min_size=200, max_size=200), st.randoms(use_true_random=False))
def test_f13_a_twentieth_of_the_users_may_move(groups: list[int], random) -> None:
    groups = [n % 4 if n < 160 else g for n, g in enumerate(groups)]
    moved = set(random.sample(range(200), 10))
    new = [(g + 1) % 4 if n in moved else g for n, g in enumerate(groups)]
    ids, _ = inherit([f"s{g + 1}" for g in groups], new, 4, 5, 0.4)
    assert ids == ("s1", "s2", "s3", "s4")


@given(GROUPS, GROUPS, st.integers(10, 99))
def test_ids_are_unique_whatever_happens(old: list[int], new: list[int], number: int) -> None:
    size = min(len(old), len(new))
    ids, after = inherit([f"s{g}" for g in old[:size]], new[:size], 4, number, 0.4)
    assert len(set(ids)) == 4
    assert after <= number + 4


def test_a_first_fit_numbers_from_one() -> None:
    assert inherit([], [0, 1, 1], 2, 1, 0.4) == (("s1", "s2"), 3)


def test_a_cluster_of_other_users_does_not_get_the_id() -> None:
    old = ["s1"] * 100
    new = [0] * 30 + [1] * 35 + [2] * 35
    assert inherit(old, new, 3, 2, 0.4)[0] == ("s2", "s3", "s4")


def test_flows_are_counted() -> None:
    assert transitions(["s1", "s1", "s2"], ["s1", "s3", "s3"]) == (
        Transition("s1", "s1", 1),
        Transition("s1", "s3", 1),
        Transition("s2", "s3", 1),
    )
