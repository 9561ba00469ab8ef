"""What a person reads in MLflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.registrations import registration
from training.decision import SegmentDifference
from training.description import describe, describe_model, tags
from training.versions import GLOBAL


def test_tags_say_nothing_of_what_was_not_measured(tmp_path: Path) -> None:
    measured = registration(tmp_path, "s1")
    nothing = float("nan")
    decision = replace(
        measured.decision, difference=nothing, lower=nothing, upper=nothing, p_value=nothing, parent=nothing
    )
    found = tags(replace(measured, decision=decision, placebo=nothing))
    assert "gate.verdict" in found
    assert not {"gate.difference", "gate.lower", "gate.upper", "gate.p_value", "gate.placebo"} & set(found)
    assert {"gate.difference", "gate.placebo"} <= set(tags(measured))
    assert "nan" not in found.values()


def test_each_table_of_the_page_stands_apart_from_what_follows(tmp_path: Path) -> None:
    page = describe(registration(tmp_path, "s1")).split("\n\n")
    tables = [place for place, part in enumerate(page) if part.startswith("|")]
    assert len(tables) == 2
    assert [page[place + 1] for place in tables] == ["<br>", "<br>"]


def test_a_models_page_says_what_serves_without_its_champion(tmp_path: Path) -> None:
    asked = registration(tmp_path, "s1")
    assert "the parent serve" in describe_model(asked)
    assert "popular items" in describe_model(replace(asked, segment_id=GLOBAL))


@pytest.mark.parametrize(
    ("placebo", "control", "serves", "words"),
    [
        (0.001, 0.002, True, "the segment's own"),
        (0.03, 0.002, True, "may be the tuning, **not the segment**"),
        (0.001, 0.03, False, "no sign that the segment matters"),
    ],
)
def test_the_page_says_whether_the_segment_itself_matters(
    tmp_path: Path, placebo: float, control: float, serves: bool, words: str
) -> None:
    asked = registration(tmp_path, "s1")
    decision = replace(asked.decision, difference=0.01, verdict="serves" if serves else "falls_back")
    page = describe(replace(asked, decision=decision, placebo=placebo, control=control))
    assert words in page
    alone = describe(replace(asked, decision=decision, placebo=placebo, control=float("nan")))
    assert "- So " not in alone


def test_the_page_of_a_global_model_lists_the_segments_the_worst_first(tmp_path: Path) -> None:
    asked = registration(tmp_path, GLOBAL)
    segments = (SegmentDifference("s2", 400, -0.02, -0.03, -0.01), SegmentDifference("s1", 900, 0.01, 0.0, 0.02))
    page = describe(replace(asked, decision=replace(asked.decision, by_segment=segments)))
    assert page.index("| s2") < page.index("| s1")
    assert "the worst first" in page
