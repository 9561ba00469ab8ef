from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tessera.overview import Pages, Rights, Selection, UnknownSegmentError
from tessera.settings import Settings
from tests.tessera.overview.small_lake import LAST, small_lake, write
from warehouse.store import Store

MAY = Rights("admin", train=True, move=True, approve=True)
VIEWER = Rights("viewer")


@pytest.fixture
def pages(settings: Settings) -> Pages:
    return Pages(settings)


class Tree(HTMLParser):
    """What an accessibility check can see without a browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


def test_every_segment_is_shown_with_who_it_is_and_what_moves(pages: Pages) -> None:
    html = pages.overview(MAY, Selection())
    for said in (
        "Evening users",
        "4</span>",
        "drift · behaviour",
        "category 0.3 against 0.1",
        "+0.0400",
        "drift as of 2026-06-15",
    ):
        assert said in html, said
    assert html.index("Evening users") < html.index("New users"), "largest first"


def test_a_registry_that_is_down_is_said_at_once_and_asked_again_later(pages: Pages) -> None:
    began = time.monotonic()
    html = pages.overview(MAY, Selection()) + pages.segment("s1", MAY)
    assert "MLflow does not answer" in html
    assert time.monotonic() - began < 10.0


def test_names_come_from_data_and_are_escaped(pages: Pages) -> None:
    for html in (pages.overview(MAY, Selection()), pages.segment("s2", MAY)):
        assert "Bargain &lt;hunters&gt;" in html
        assert "<hunters>" not in html


@pytest.mark.parametrize("page", ["overview", "segment"])
def test_nothing_inline_that_the_content_policy_refuses_and_nothing_from_the_internet(pages: Pages, page: str) -> None:
    html = pages.overview(MAY, Selection()) if page == "overview" else pages.segment("s2", MAY)
    tree = Tree(html)
    assert [
        tag for tag, attributes in tree.tags if "style" in attributes or any(a.startswith("on") for a in attributes)
    ] == []
    assert all(script.get("src") for script in tree.all("script"))
    addresses = re.findall(r'(?:src|href)="(https?://[^/"]+)', html)
    assert set(addresses) <= {"http://127.0.0.1:9", "http://127.0.0.1:8000", "http://127.0.0.1:8080"}


@pytest.mark.parametrize("page", ["overview", "segment"])
def test_the_page_can_be_read_aloud(pages: Pages, page: str) -> None:
    html = pages.overview(MAY, Selection()) if page == "overview" else pages.segment("s2", MAY)
    tree = Tree(html)
    assert tree.all("html")[0]["lang"] == "en"
    assert len(tree.all("main")) == len(tree.all("h1")) == 1
    assert all(picture.get("aria-label") for picture in tree.all("svg"))
    assert all(cell.get("scope") for cell in tree.all("th"))
    ids = [attributes["id"] for _, attributes in tree.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {attributes[key] for _, attributes in tree.tags for key in ("aria-labelledby", "for") if key in attributes}
    assert named <= set(ids)


def test_a_viewer_may_look_and_is_offered_nothing(pages: Pages) -> None:
    buttons = [b for b in Tree(pages.overview(VIEWER, Selection())).all("button") if "data-dag" in b]
    assert buttons
    assert all("disabled" in button for button in buttons)
    offered = [b for b in Tree(pages.overview(MAY, Selection())).all("button") if "data-dag" in b]
    assert not any("disabled" in button for button in offered)


def test_a_button_says_what_it_will_ask_airflow_for(pages: Pages) -> None:
    [retrain] = [b for b in Tree(pages.segment("s2", MAY)).all("button") if b.get("data-dag") == "train_segments"]
    assert retrain["data-conf"] == f'{{"as_of": "{LAST}", "segments": ["s2"]}}'


@pytest.mark.parametrize(
    ("selection", "shown"),
    [
        (Selection("evening"), {"s1"}),
        (Selection("S3"), {"s3"}),
        (Selection(show="alarm"), {"s2"}),
        (Selection("nothing like it"), set()),
    ],
)
def test_segments_can_be_chosen(pages: Pages, selection: Selection, shown: set[str]) -> None:
    rows = [row.get("data-segment") for row in Tree(pages.overview(MAY, selection)).all("tr")]
    assert {row for row in rows if row} == shown


def test_a_segment_that_does_not_live_has_no_page(pages: Pages) -> None:
    with pytest.raises(UnknownSegmentError, match="no segment 's9' lives"):
        pages.segment("s9", MAY)


def test_addresses_begin_with_what_airflow_lives_under(pages: Pages) -> None:
    html = pages.overview(MAY, Selection(), base="/airflow")
    assert 'data-base="/airflow"' in html
    assert 'href="/airflow/tessera/segments/s1"' in html


def test_a_new_day_is_seen_without_a_restart(tmp_path: Path, settings: Settings) -> None:
    store = small_lake(tmp_path / "lake")
    pages = Pages(settings.model_copy(update={"home": tmp_path}))
    assert "data trouble" not in pages.overview(MAY, Selection())
    trouble = {
        "segment_id": "s1",
        "verdict": "data_trouble",
        "cause": "data",
        "reason": "a day is missing",
        "share_drifted": 0.0,
    }
    write(store, "drift_verdicts", LAST, [trouble])
    assert "a day is missing" in pages.overview(MAY, Selection())


def test_a_thousand_segments_come_in_pages(tmp_path: Path, settings: Settings) -> None:
    store = Store(tmp_path / "lake")
    names = {f"s{n}": f"Users number {n}" for n in range(1000)}
    segments = [{"segment_id": s, "name": name, "band": "regular", "profile": "[]"} for s, name in names.items()]
    write(store, "segments", LAST, segments)
    write(store, "segment_assignments", LAST, [{"user_id": f"u{s}", "segment_id": s} for s in names])
    pages = Pages(settings.model_copy(update={"home": tmp_path}))
    pages.overview(MAY, Selection())
    began = time.process_time()
    html = pages.overview(MAY, Selection(page=20))
    assert time.process_time() - began < 1.0
    assert "Page 20 of 20, 1,000 segments" in html
    assert len([row for row in Tree(html).all("tr") if "data-segment" in row]) == 50
    assert "Page 20 of 20" in pages.overview(MAY, Selection(page=999)), "past the end is the end"
