import subprocess
import sys
import time

import pandas as pd
import pytest

from segmentation import Segmentation, SegmentationFormatError, fit_segmentation
from warehouse.store import Store
from warehouse.windows import Window


@pytest.fixture
def fitted(planted, small, as_of) -> Segmentation:
    return fit_segmentation(planted(), small, as_of)


def test_one_user_is_assigned_as_among_all(fitted, planted) -> None:
    people = planted(120, seed=8)
    assigned = fitted.assign(people)
    assert [fitted.assign_one(row) for row in people.to_dict("records")] == assigned["segment_id"].tolist()
    assert list(assigned.columns) == ["user_id", "segment_id", "band", "distance"]
    assert (assigned["distance"] >= 0).all()


def test_someone_never_seen_is_new_and_an_evening_phone_user_is_among_their_like(fitted, planted) -> None:
    assert fitted.segment(fitted.assign_one({})).band == "new"
    assert fitted.assign_one({}) == fitted.default_segment("new")
    like = {"events_total": 70.0, "share_evening": 0.9, "share_mobile": 0.9, "share_morning": 0.1, "unknown": "x"}
    assert fitted.assign_one(like) == fitted.assign(planted()).loc[0, "segment_id"]


def test_the_default_of_a_band_is_its_largest_segment(fitted) -> None:
    regular = [s for s in fitted.segments if s.band == "regular"]
    assert fitted.segment(fitted.default_segment("regular")).users == max(s.users for s in regular)
    # too small to stand, low activity goes where the next band is
    assert fitted.default_segment("low_activity") == fitted.default_segment("regular")
    with pytest.raises(KeyError, match="expected one of new"):
        fitted.default_segment("gold")


def test_a_document_is_read_back_as_it_was(fitted, planted) -> None:
    again = Segmentation.from_json(fitted.to_json())
    assert again == fitted
    assert again.to_json() == fitted.to_json()
    pd.testing.assert_frame_equal(again.assign(planted()), fitted.assign(planted()))


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "as_of": "2026-01-01"}'])
def test_another_document_is_refused_with_what_to_do(document: str) -> None:
    with pytest.raises(SegmentationFormatError, match="fit the segments again"):
        Segmentation.from_json(document)


def test_the_rows_fit_the_table_and_carry_the_document(fitted, as_of, tmp_path) -> None:
    store = Store(tmp_path)
    store.replace("segments", fitted.rows(), Window.day(as_of))
    kept = store.frame("segments")
    assert kept["segment_id"].tolist() == [s.segment_id for s in fitted.segments]
    assert Segmentation.from_json(kept["model"][0]) == fitted


def test_assigning_one_user_takes_less_than_a_millisecond(fitted, planted) -> None:
    row = planted(3).iloc[0].to_dict()
    fitted.assign_one(row)
    best = min(_seconds(lambda: fitted.assign_one(row)) for _ in range(50))
    assert best < 1e-3


def test_assigning_needs_neither_sklearn_nor_scipy(fitted, tmp_path) -> None:
    (tmp_path / "segments.json").write_text(fitted.to_json())
    program = (
        "import sys, pathlib\n"
        "from segmentation import Segmentation\n"
        "found = Segmentation.from_json(pathlib.Path(sys.argv[1]).read_text()).assign_one({'events_total': 90.0})\n"
        "print(found, [m for m in ('sklearn', 'scipy', 'pandas', 'ibis') if m in sys.modules])\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "segments.json")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(maxsplit=1)
    assert said[0] in {s.segment_id for s in fitted.segments}
    assert said[1].strip() == "[]"


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
