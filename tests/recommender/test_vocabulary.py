import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.vocabulary import Vocabulary


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=8), max_size=400))
def test_codes_lead_back_to_the_ids(ids: list[str]) -> None:
    vocabulary = Vocabulary.of(ids)
    assert vocabulary.ids[vocabulary.codes(ids)].tolist() == ids


def test_unknown_ids_have_code_minus_one_in_short_and_long_questions() -> None:
    vocabulary = Vocabulary.of(f"i{n}" for n in range(500))
    assert vocabulary.codes(["x", "i0"]).tolist() == [-1, 0]
    long = vocabulary.codes(np.array(["x"] * 300 + ["i0"]))
    assert long[0] == -1
    assert long[-1] == 0


def test_a_repeated_id_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r"every id once.*Vocabulary.of"):
        Vocabulary(np.array(["a", "a"]))


def test_the_same_set_gives_the_same_codes() -> None:
    assert Vocabulary.of(["b", "a"]).ids.tolist() == Vocabulary.of(["a", "b", "a"]).ids.tolist()
