"""What a person reads in MLflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.training.registrations import registration
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
