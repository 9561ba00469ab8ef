"""The publishing DAG, run for real."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.dags.airflow_parts import Run, Runner, lake
from warehouse.windows import Window

pytestmark = pytest.mark.xdist_group("dags")


def unseen(users: pd.Index) -> pd.Series:
    """How many items of the catalogue each user has never met."""
    events = lake().frame("interactions", columns=["user_id", "item_id"])
    seen = events.groupby("user_id")["item_id"].nunique()
    return len(lake().frame("items")) - seen.reindex(users, fill_value=0)


def test_every_user_gets_a_full_list_without_repeats(runner: Runner, first_training: Run) -> None:
    written = runner.succeed("publish_recommendations").results["publish"]
    rows = lake().frame("recommendations", window=Window.day(runner.window.end))
    assert (rows["user_id"].nunique(), len(rows)) == (written["users"], written["rows"])
    assert not rows.duplicated(["user_id", "item_id"]).any()
    lengths = rows.groupby("user_id")["rank"].max()
    assert (lengths == 20).mean() > 0.99
    assert (lengths >= unseen(lengths.index).clip(upper=20)).all()


def test_publishing_again_leaves_an_equal_table(runner: Runner, first_training: Run) -> None:
    first = runner.succeed("publish_recommendations")
    before = lake().content_hash("recommendations")
    again = runner.succeed("publish_recommendations", as_of=runner.end)
    assert lake().content_hash("recommendations") == before
    assert again.results["publish"] == first.results["publish"]
