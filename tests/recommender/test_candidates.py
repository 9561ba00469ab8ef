from datetime import date

import numpy as np
import pytest

from recommender.candidates import Candidates
from recommender.vocabulary import Vocabulary

DAY = date(2026, 3, 1)


def _candidates(parent: list[float], from_parent: list[bool] | None = None) -> Candidates:
    """Users u (three rows), v (none) and w (the rest)."""
    rows = len(parent)
    return Candidates(
        users=Vocabulary(np.array(["u", "v", "w"])),
        items=Vocabulary.of("abcdef"),
        user_code=np.array([0, 0, 0] + [2] * (rows - 3)),
        item_code=np.array([0, 2, 4, *range(rows - 3)]),
        scores={"als": np.arange(rows, dtype=np.float32)},
        parent=np.array(parent, dtype=np.float32),
        from_parent=np.array(from_parent or [True] * rows),
    )


def test_top_is_best_first_and_short_for_users_without_rows() -> None:
    candidates = _candidates([1, 3, 2, 5, 6])
    codes, scores = candidates.top(candidates.parent, 2)
    assert codes.tolist() == [[2, 4], [-1, -1], [1, 0]]
    assert scores[0].tolist() == [3, 2]


def test_ties_go_to_the_lower_item_code() -> None:
    candidates = _candidates([1, 1, 1, 0, 0])
    assert candidates.top(candidates.parent, 3)[0][0].tolist() == [0, 2, 4]


def test_the_parent_never_ranks_extra_rows() -> None:
    candidates = _candidates([1, 9, 2, 5, 6], [True, False, True, True, True])
    assert candidates.top(candidates.parent_ranking(), 3)[0][0].tolist() == [4, 0, -1]


def test_standardised_has_mean_zero_and_deviation_one_within_a_user() -> None:
    scores = _candidates([1, 3, 2, 5, 60]).standardised(np.array([1, 3, 2, 5, 60], dtype=np.float32))
    for rows in (slice(0, 3), slice(3, 5)):
        assert scores[rows].mean() == pytest.approx(0, abs=1e-6)
        assert scores[rows].std() == pytest.approx(1, rel=1e-5)


def test_extra_rows_do_not_move_the_parents_z_scores() -> None:
    values = np.array([1, 3, 100, 5, 6], dtype=np.float32)
    with_extra = _candidates([0] * 5, [True, True, False, True, True]).standardised(values)
    assert with_extra[:2].tolist() == [-1, 1]
    assert with_extra[2] > 10


def test_constant_scores_are_zero_after_standardising() -> None:
    assert not _candidates([0] * 5).standardised(np.full(5, 7, dtype=np.float32)).any()


def test_a_blend_names_only_generators_that_exist() -> None:
    with pytest.raises(ValueError, match=r"\['knn'\].*\['als'\]"):
        _candidates([0] * 5).blended({"knn": 1.0})
