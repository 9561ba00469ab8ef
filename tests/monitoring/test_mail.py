from __future__ import annotations

import ast
import html
import subprocess
import sys
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from monitoring.alerts import Bar, DriftMail, Link, alert
from monitoring.answers import Answer, Need, Retraining
from monitoring.mail import bar_width, render, safe_url
from monitoring.measurement import DriftRow, Limits, SegmentMeasurement, Sizes
from monitoring.verdicts import Verdict
from tests.monitoring.sample_mails import BROKEN, DIGEST, EVENING, GARDEN, NO_BETTER, ONE, OVER, SAMPLES, SERVES

MAIL = replace(ONE, alerts=(replace(EVENING, answer=NO_BETTER),))
TRAINED = Retraining("7", "falls back", promoted=False)


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


@pytest.mark.parametrize(
    ("mail", "subject"),
    [
        (ONE, "Drift in “Evening shoppers” (behaviour): retrained, new model serves"),
        (MAIL, "Drift in “Evening shoppers” (behaviour): retrained, no better"),
        (DIGEST, "Critical: Drift in 6 segments (behaviour 4, catalogue 1, quality 1): please approve"),
        (OVER, "Over: drift in “Evening shoppers” (behaviour): quiet for 3 days"),
    ],
)
def test_the_subject_says_segment_cause_and_outcome(mail: DriftMail, subject: str) -> None:
    assert render(mail).subject == subject


def test_the_subject_of_data_trouble_says_what_is_broken_since_when() -> None:
    assert render(BROKEN).subject.startswith(
        "Critical: Data trouble: device is missing in 98 % of the events since 2026"
    )


@pytest.mark.parametrize(
    ("answer", "cause", "need", "words"),
    [
        (Answer("retrain", retraining=TRAINED), "behaviour", "look", "Please look at “X”: retrained and no better"),
        (
            Answer("retrain", retraining=replace(TRAINED, promoted=True)),
            "behaviour",
            "nothing",
            "Nothing to do for “X”",
        ),
        (Answer("approve", retraining=replace(TRAINED, outcome="serves")), "behaviour", "approve", "Please approve or"),
        (Answer("hold", retraining=replace(TRAINED, outcome="serves")), "behaviour", "approve", "Please approve or"),
        (Answer("retrain"), "behaviour", "failed", "Please look at the Airflow run"),
        (Answer("retrain_parent"), "catalogue", "failed", "Please look at the Airflow run"),
        (Answer(), "behaviour", "decide", "Please decide about “X”"),
        (Answer("alert", "policy"), "quality", "decide", "Please decide about “X”"),
        (Answer("over_budget", "too dear"), "behaviour", "decide", "Please decide about “X”"),
        (Answer("cooldown", "lately"), "behaviour", "wait", "Nothing to do yet for “X”"),
        (Answer("recluster", "tomorrow"), "mix", "wait", "Nothing to do yet for “X”"),
        (Answer("alert", "broken"), "data", "mend", "Please mend the data of “X”"),
    ],
)
def test_the_first_line_says_what_to_do(answer: Answer, cause: str, need: Need, words: str) -> None:
    told = replace(EVENING, name="X", answer=answer, cause=cause)
    assert told.need == need
    rendered = render(replace(MAIL, alerts=(told,)))
    assert rendered.text.startswith(words)
    assert words in rendered.html


@pytest.mark.parametrize("mail", SAMPLES.values(), ids=SAMPLES)
def test_both_parts_say_the_same(mail: DriftMail) -> None:
    rendered = render(mail)
    links = [link.url for one in (*mail.alerts, *mail.recoveries, mail) for link in one.links]
    words = [told for one in mail.alerts for told in (one.name, one.cause, one.reason if not one.moved else one.name)]
    words += [told for one in mail.recoveries for told in (one.name, str(one.since), str(one.last), one.served)]
    words += [told for one in mail.alerts for effect in one.effects for told in (effect.before, effect.after)]
    for part in (html.unescape(rendered.html), rendered.text):
        assert [told for told in (*words, *links, *mail.scarce, *mail.ongoing) if told not in part] == []


def test_a_retraining_that_is_no_better_is_told_with_its_numbers_and_its_cost() -> None:
    text = render(MAIL).text
    assert "as version 7: no better (falls back), so what served before goes on serving" in text
    assert "0.1234 against 0.1201 of the global model, difference +0.0033, interval −0.0011 to +0.0075" in text
    assert "it took 84 s and 90 trials (predicted: 62 s and 90 trials)" in text
    assert "not tried again for this cause before 2026-07-20" in text
    assert "not tried again" not in render(replace(MAIL, alerts=(replace(EVENING, answer=SERVES),))).text


def test_a_digest_has_a_table_of_all_on_top_and_every_segment_below() -> None:
    rendered = render(DIGEST)
    for alert_ in DIGEST.alerts:
        assert rendered.html.count(f"{alert_.name}</") == 2
    assert [line[:2] for line in rendered.text.splitlines() if line[:3] in ("1. ", "6. ")] == ["1.", "6."]


def test_the_html_is_well_formed_tables_without_pictures_or_scripts() -> None:
    for mail in SAMPLES.values():
        tags = _tags(render(mail).html)
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
    assert rendered.subject.endswith("(behaviour): retrained, new model serves")


def test_many_segments_are_counted_and_the_most_urgent_need_leads() -> None:
    served = [replace(EVENING, name=f"s{n}", answer=SERVES) for n in range(5)]
    rendered = render(replace(MAIL, alerts=(*served, MAIL.alerts[0])))
    assert rendered.subject == "Drift in “s0” and 5 more (behaviour): retrained, no better"
    assert rendered.text.splitlines()[0].startswith("Please look at “Evening shoppers”")
    assert "“s0”, “s1” and 3 more" in rendered.text.splitlines()[1]


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="send no mail"):
        render(DriftMail(date(2026, 3, 1)))


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
    assert made.times == 2.5


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
