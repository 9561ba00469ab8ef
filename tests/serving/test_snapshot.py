from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import SnapshotError
from serving.snapshot import load_snapshot, write_snapshot

DAY = date(2026, 2, 15)
IDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)


def test_what_was_written_is_read_back(tmp_path: Path, snapshot_of: Any, shop: Any) -> None:
    snapshot_of(tmp_path)
    snapshot = load_snapshot(tmp_path)
    expected = shop.log[shop.log["user_id"] == "u07"].sort_values(["ts", "item_id"], ignore_index=True)
    found = snapshot.events("u07")
    pd.testing.assert_frame_equal(found, expected[found.columns.tolist()], check_dtype=False)
    assert snapshot.as_of == DAY
    assert snapshot.segment_of("u07") == "s1"
    assert snapshot.features_of("u07")["gender"].tolist() == ["m"]
    assert snapshot.segments["s1"].users == 30


def test_all_events_together_are_those_of_every_user(tmp_path: Path, snapshot_of: Any, shop: Any) -> None:
    snapshot_of(tmp_path)
    everything = load_snapshot(tmp_path).events()
    assert len(everything) == len(shop.log)
    assert everything["user_id"].value_counts().to_dict() == shop.log["user_id"].value_counts().to_dict()


@pytest.mark.parametrize("stranger", ["nobody", "", "u", "u07\x00", "u07" * 80, "ü"])
def test_an_unknown_user_gets_the_new_user_segment_and_nothing_else(
    tmp_path: Path, snapshot_of: Any, stranger: str
) -> None:
    snapshot_of(tmp_path)
    snapshot = load_snapshot(tmp_path)
    if stranger != "u07\x00":  # fixed-width bytes cannot tell a trailing zero; the API refuses control characters
        assert snapshot.row(stranger) == -1
        assert snapshot.segment_of(stranger) == "s2"
        assert snapshot.seen(stranger) == set()
        assert snapshot.features_of(stranger).empty


def test_equal_inputs_give_the_same_version_whatever_their_order(tmp_path: Path, snapshot_of: Any, shop: Any) -> None:
    first = snapshot_of(tmp_path)
    shuffled = shop.log[["user_id", "item_id", "event_type", "ts", "weight"]].sample(frac=1, random_state=3)
    assert snapshot_of(tmp_path, events=shuffled) == first


def test_the_popular_list_ends_with_the_rest_of_the_catalogue(tmp_path: Path, snapshot_of: Any) -> None:
    snapshot_of(tmp_path, popular=["i05", "gone", "i04", "i05"])
    popular = load_snapshot(tmp_path).popular
    assert popular[:3] == ("i05", "i04", "i00")
    assert len(popular) == len(set(popular)) == 40


def test_an_event_with_an_item_outside_the_catalogue_is_refused(tmp_path: Path, snapshot_of: Any, shop: Any) -> None:
    with pytest.raises(SnapshotError, match=r"item 'i\d\d' is used but not in the catalogue"):
        snapshot_of(tmp_path, items=shop.catalogue.head(3))


def test_an_assignment_to_a_dead_segment_is_refused(tmp_path: Path, snapshot_of: Any) -> None:
    dead = pd.DataFrame({"user_id": ["u01"], "segment_id": ["s9"]})
    with pytest.raises(SnapshotError, match="segment 's9'"):
        snapshot_of(tmp_path, assignments=dead)


def test_an_altered_array_is_refused_f19(tmp_path: Path, snapshot_of: Any) -> None:
    path = snapshot_of(tmp_path) / "item_codes.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match="item_codes"):
        load_snapshot(tmp_path)


def test_items_without_a_title_are_called_by_their_id(tmp_path: Path, snapshot_of: Any, shop: Any) -> None:
    snapshot_of(tmp_path, items=shop.catalogue.drop(columns="title"))
    assert load_snapshot(tmp_path).titles["i07"] == "i07"


@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(IDS, IDS), max_size=30))
def test_seen_is_exactly_the_items_of_the_users_events(pairs: list[tuple[str, str]]) -> None:
    events = pd.DataFrame(
        {
            "user_id": pd.array([user for user, _ in pairs], dtype="str"),
            "item_id": pd.array([item for _, item in pairs], dtype="str"),
            "event_type": "view",
            "ts": pd.Series([pd.Timestamp("2026-01-01", tz="UTC")] * len(pairs), dtype="datetime64[us, UTC]"),
            "weight": np.ones(len(pairs)),
        }
    )
    users = sorted({user for user, _ in pairs})
    with tempfile.TemporaryDirectory() as folder:
        write_snapshot(
            Path(folder),
            DAY,
            events=events,
            user_features=pd.DataFrame({"user_id": pd.array(users, dtype="str")}),
            assignments=pd.DataFrame({"user_id": [], "segment_id": []}, dtype="str"),
            segments=pd.DataFrame({"segment_id": [], "name": [], "band": []}, dtype="str"),
            items=pd.DataFrame({"item_id": pd.array(sorted({item for _, item in pairs}), dtype="str")}),
            popular=[],
            popular_by_segment={},
            new_user_segment="",
        )
        snapshot = load_snapshot(Path(folder))
        for user in users:
            assert snapshot.seen(user) == {item for owner, item in pairs if owner == user}
