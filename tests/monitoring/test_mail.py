from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from monitoring.alerts import Bar, DriftMail, Link, MovedFeature, Retraining, SegmentAlert, alert
from monitoring.mail import bar_width, render, safe_url
from monitoring.measurement import DriftRow, Limits, SegmentMeasurement, Sizes
from monitoring.verdicts import Verdict

GARDEN = MovedFeature("category", "Garden", "12 %", "31 %", 0.21, 0.1, (Bar("Garden", 0.12, 0.31, "12 %", "31 %"),))
GATE = Retraining("7", "falls back", False, "NDCG@10", 0.1234, 0.1201, 0.0033, -0.0011, 0.0075, 84.0)
EVENING = SegmentAlert(
    "regular-3",
    "Evening shoppers",
    1240,
    "behaviour",
    "moved",
    (GARDEN,),
    GATE,
    "",
    (Link("Airflow run", "http://localhost:8080/run"), Link("MLflow version 7", "http://localhost:5000/7")),
)
MAIL = DriftMail(date(2026, 3, 1), (EVENING,), (Link("Monitoring run", "http://localhost:8080/m"),), 8, ("Rare birds",))


class Tags(HTMLParser):
    """Counts tags, and complains about those closed out of order."""

    EMPTY = ("meta", "br", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _tags(html: str) -> list[str]:
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    return tags.seen


def test_the_subject_says_segment_cause_and_outcome() -> None:
    assert render(MAIL).subject == "Drift in “Evening shoppers” (behaviour): retrained, not promoted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Please look at “Evening shoppers”"),
        ({"retraining": replace(GATE, promoted=True)}, "Nothing to do for “Evening shoppers”"),
        ({"retraining": None}, "Please decide about “Evening shoppers”"),
        ({"retraining": None, "action": "retraining requested"}, "Nothing to do yet for “Evening shoppers”"),
    ],
)
def test_the_first_line_says_what_to_do(change: dict[str, object], words: str) -> None:
    rendered = render(replace(MAIL, alerts=(replace(EVENING, **change),)))  # type: ignore[arg-type]
    assert rendered.text.startswith(words)
    assert words in rendered.html


def test_both_parts_say_what_moved_what_was_done_and_where_to_look() -> None:
    rendered = render(MAIL)
    for part in (rendered.html, rendered.text):
        for words in (
            "Garden 12 %",
            "31 %",
            "0.21",
            "version 7",
            "falls back",
            "+0.0033",
            "1",
            "Rare birds",
            "8 other",
        ):
            assert words in part
        assert all(link.url in part for link in (*EVENING.links, *MAIL.links))


def test_the_html_is_well_formed_tables_without_pictures_or_scripts() -> None:
    tags = _tags(render(MAIL).html)
    assert "table" in tags
    assert not {"img", "script", "svg", "iframe"} & set(tags)


def test_names_from_data_cannot_break_out_of_the_page_or_the_subject() -> None:
    nasty = 'x</td><script>alert(1)</script>\r\nBcc: all@example.org "q"'
    moved = replace(GARDEN, subject=nasty, bars=(Bar(nasty, 0.1, 0.2, "10 %", "20 %"),))
    mail = replace(MAIL, alerts=(replace(EVENING, name=nasty, moved=(moved,), links=(Link(nasty, "javascript:x"),)),))
    rendered = render(mail)
    assert "script" not in _tags(rendered.html)
    assert "javascript:" not in rendered.html
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.subject
    assert "\r\nBcc" not in rendered.text


def test_a_long_subject_is_cut_in_the_names_and_keeps_the_outcome() -> None:
    rendered = render(replace(MAIL, alerts=(replace(EVENING, name="very " * 60 + "long"),)))
    assert len(rendered.subject) <= 112
    assert rendered.subject.endswith("(behaviour): retrained, not promoted")


def test_many_segments_are_counted_and_the_most_urgent_need_leads() -> None:
    served = [replace(EVENING, name=f"s{n}", retraining=replace(GATE, promoted=True)) for n in range(5)]
    rendered = render(replace(MAIL, alerts=(*served, EVENING)))
    assert rendered.subject == "Drift in “s0” and 5 more (behaviour): retrained, not promoted"
    assert rendered.text.splitlines()[0].startswith("Please look at “Evening shoppers”")
    assert "“s0”, “s1” and 3 more" in rendered.text.splitlines()[1]


def test_a_note_alone_is_a_mail_and_nothing_at_all_is_refused() -> None:
    noted = render(DriftMail(date(2026, 3, 1), (), notes=("Evening shoppers: device is missing in every event",)))
    assert "device is missing" in noted.subject
    assert noted.text.startswith("Please look")
    with pytest.raises(ValueError, match="send no mail"):
        render(DriftMail(date(2026, 3, 1), ()))


def test_equal_mails_are_rendered_equally() -> None:
    assert render(MAIL) == render(replace(MAIL))


def test_an_alert_takes_its_moves_from_the_measurement() -> None:
    quiet, moved = (
        DriftRow(name, "wasserstein", distance, Limits(0.2, 0.1, 0.1), "median", "10", "14")
        for name, distance in (("price", 0.1), ("popularity", 0.5))
    )
    verdict = Verdict("drift", "behaviour", "moved", 0.5, 900, 300, 77)
    made = alert("s1", "Evening", verdict, SegmentMeasurement((quiet, moved), Sizes(900, 300, 80, 77)))
    assert [m.feature for m in made.moved] == ["popularity"]
    assert made.users == 77
    assert made.moved[0].times == 2.5


@pytest.mark.parametrize(
    ("length", "lengths", "width"), [(0.0, [1.0], 0), (0.5, [1.0, 0.5], 50), (0.001, [1.0], 1), (1.0, [], 0)]
)
def test_a_bar_is_as_wide_as_its_share_of_the_longest(length: float, lengths: list[float], width: int) -> None:
    assert bar_width(length, lengths) == width


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", ""])
def test_only_web_addresses_become_links(url: str) -> None:
    assert safe_url(url) == "#"


def test_the_mail_is_written_without_pandas_or_evidently() -> None:
    code = "import sys, monitoring.mail; print([m for m in ('pandas', 'evidently', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == []
