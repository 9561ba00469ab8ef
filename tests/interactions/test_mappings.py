from __future__ import annotations

from pathlib import Path

import pytest

from interactions.errors import MappingError
from interactions.mappings import READY, load_mapping

LAYOUT = "events:\n  - files: ['*.csv']\n    columns: {user_id: who, item_id: what, event_type: \"'view'\", ts: at}\n"


def test_the_ready_mappings_load() -> None:
    assert set(READY) == {"complete-journey", "events", "movielens", "online-retail"}
    assert [load_mapping(name).name for name in READY] == list(READY)


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("zone: Europe/London\n" + LAYOUT)
    (tmp_path / "shop.toml").write_text(
        "zone = 'Europe/London'\n[[events]]\nfiles = ['*.csv']\n"
        "columns = {user_id = 'who', item_id = 'what', event_type = \"'view'\", ts = 'at'}\n"
    )

    assert load_mapping(tmp_path / "shop.yaml") == load_mapping(tmp_path / "shop.toml")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("zone: Mars/Olympus\n" + LAYOUT, "zone must be an IANA name.*Mars/Olympus"),
        (LAYOUT.replace("user_id: who, ", ""), r"absent \['user_id'\]"),
        (LAYOUT.replace("ts: at", "ts: at, colour: red"), r"unknown \['colour'\]"),
        (LAYOUT + "    epoch: weeks\n", "epoch must be s, ms or us; found 'weeks'"),
        (LAYOUT + "    ignore: all\n", "'ignore' must be a list"),
        (LAYOUT + "speed: 3\n", r"found \['speed'\]"),
        ("users: []\n", "describes no events"),
        ("events:\n  - files: ['*']\n", "needs 'files' and 'columns'"),
        ("a: [", "not valid YAML or TOML"),
        ("just text", "expected keys"),
    ],
)
def test_f33_a_mapping_that_makes_no_sense_is_refused_with_what_was_found(
    tmp_path: Path, text: str, match: str
) -> None:
    (tmp_path / "wrong.yaml").write_text(text)

    with pytest.raises(MappingError, match=match):
        load_mapping(tmp_path / "wrong.yaml")


def test_an_unknown_name_lists_the_ready_ones() -> None:
    with pytest.raises(MappingError, match=r"no mapping 'netflix'.*movielens"):
        load_mapping("netflix")
