"""The plan of a training day on a small real shop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from recommender.preprocessing import Preprocessing
from recommender.spine import Spine
from segmentation.settings import SegmentationSettings
from tessera import steps
from tessera.assignment import assign_users
from tessera.doctor.segments import segments_file
from tessera.errors import SettingsError, TesseraError
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.settings import Settings
from tessera.tuning import PlannedSegment, plan_tuning, refuse_unknown_features
from tests.tessera.conftest import END, SMALL, Environment
from tests.tessera.test_cli import run
from training.policies import SegmentPolicy
from warehouse.store import Store

pytestmark = pytest.mark.xdist_group("shop")


@pytest.fixture(scope="module")
def segmented(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose segments are fitted and whose users are assigned."""
    home: Path = tmp_path_factory.mktemp("segmented") / "home"
    shutil.copytree(ingested, home)
    small = SegmentationSettings(minimum_size=25, bootstraps=2, k_range=(2, 3), stability_floor=0.0)
    settings = Settings(home=home, threads=1, segmentation=small)
    assign_users(Store(settings.lake), settings, END)
    return home


@pytest.fixture
def shop_with(segmented: Path, environment: Environment, tmp_path: Path) -> Callable[..., Settings]:
    """Settings over a fresh copy of the segmented home, with a segments file."""

    def made(text: str = "", **variables: str) -> Settings:
        shutil.copytree(segmented, tmp_path / "home")
        Path("segments.yaml").write_text(text)
        files = {"TESSERA_HOME": str(tmp_path / "home"), "TESSERA_SEGMENTS_FILE": "segments.yaml"}
        return environment.load(**SMALL, **files, **variables)

    return made


def plan(settings: Settings) -> dict[str, PlannedSegment]:
    store = Store(settings.lake)
    return plan_tuning(settings, Membership(store, settings, LakeSource(store, settings), END))


def test_trials_follow_size_and_value_and_sum_to_the_total(shop_with: Callable[..., Settings]) -> None:
    shares = {"TESSERA_BUDGET__FLOOR": "1", "TESSERA_BUDGET__CEILING": "9999", "TESSERA_BUDGET__TOTAL": "1000"}
    before = plan(shop_with(**shares))
    assert len(before) >= 2
    assert sum(planned.trials for planned in before.values()) == 1000
    everybody = sum(planned.users for planned in before.values())
    assert all(abs(planned.trials - 1000 * planned.users / everybody) <= 1 for planned in before.values())


def test_a_named_segment_gets_what_it_would_get_among_all(shop_with: Callable[..., Settings]) -> None:
    settings = shop_with("segments: {s1: {value: 5}}")
    every = {row["segment_id"]: row for row in steps.plan_training(END.isoformat())}
    assert steps.plan_training(END.isoformat(), ["s2"]) == [every["s2"]]
    assert every["s1"]["label"].startswith("s1 · ")
    rows = Store(settings.lake).frame("tuning_budget").set_index("segment_id")
    assert rows["trials"].to_dict() == {segment: row["trials"] for segment, row in every.items()}
    assert rows.loc["s1", "value"] == 5.0
    assert json.loads(rows.loc["s1", "settings"])["value"] == 5.0
    assert list(rows.loc["s1", "patterns"]) == ["s1"]
    assert rows["trials"].sum() == rows["total"].iloc[0] == 90 * len(rows)


def test_planning_twice_leaves_one_partition(shop_with: Callable[..., Settings]) -> None:
    settings = shop_with()
    steps.plan_training(END.isoformat())
    before = Store(settings.lake).content_hash("tuning_budget")
    steps.plan_training(END.isoformat())
    assert Store(settings.lake).content_hash("tuning_budget") == before


def test_a_wrong_file_stops_the_plan_before_anything_is_trained(shop_with: Callable[..., Settings]) -> None:
    shop_with("segments: {s1: {strategy: magic}}")
    with pytest.raises(SettingsError, match="unknown strategy 'magic'"):
        steps.plan_training(END.isoformat())


def test_the_command_shows_what_holds_and_where_it_comes_from(shop_with: Callable[..., Settings]) -> None:
    shop_with("default: {half_lives: [7]}\nsegments: {s2: {promotion: never, strategy: hard}, 'nobody*': {value: 2}}")
    shown = run("segments", "settings")
    assert run("segments", "settings", "--as-of", END) == shown
    assert "match no segment of that day: nobody*" in shown
    second = next(line for line in shown.splitlines() if "│ s2 " in line)
    assert all(f" {word} " in second for word in ("never", "hard", "7", "s2"))
    first = next(line for line in shown.splitlines() if "│ s1 " in line)
    assert all(f" {word} " in first for word in ("auto", "head", "default"))


def test_without_an_assigned_day_the_command_says_what_to_run_first(environment: Environment, ingested: Path) -> None:
    environment.set(TESSERA_HOME=str(ingested))
    assert "run 'tessera segment --as-of DAY' first" in run("segments", "settings", expect=2)


def test_the_doctor_reads_the_file(shop_with: Callable[..., Settings], environment: Environment) -> None:
    settings = shop_with("segments: {s1: {value: 2}}")
    assert [one.level for one in segments_file(settings)] == ["ok"]
    Path("segments.yaml").write_text("segments: {elsewhere: {value: 2}}")
    assert [(one.level, "elsewhere" in one.seen) for one in segments_file(settings)] == [("warning", True)]
    Path("segments.yaml").write_text("segments: {s1: {valeu: 2}}")
    assert [(one.level, "valeu" in one.seen) for one in segments_file(settings)] == [("problem", True)]
    assert [one.level for one in segments_file(settings.model_copy(update={"segments_file": None}))] == ["ok"]


PLANNED = PlannedSegment("s1", "New users", 120, 30, 90, SegmentPolicy(features=("prior", "als")), ("new*",))


def test_a_version_says_its_settings_and_its_budget() -> None:
    said = PLANNED.sentence()
    assert said.startswith("Tuned with 30 of 90 trials (120 users × value 1). Settings, from `new*`: strategy `head`")
    parameters = PLANNED.parameters()
    assert parameters["segment.features"] == "prior, als"
    assert (parameters["budget.trials"], parameters["budget.total"]) == (30, 90)


def test_a_feature_that_nobody_has_is_refused_with_the_known_ones() -> None:
    parts: Any = SimpleNamespace(
        schema=SimpleNamespace(names=("score_als", "user_age", "item_clicks_7d")),
        generators=[SimpleNamespace(name="als")],
        preprocessing=Preprocessing(),
    )
    spine = cast(Spine, parts)
    refuse_unknown_features(PLANNED, spine)
    policy = SegmentPolicy(features=("age", "clicks_*", "alss"))
    with pytest.raises(TesseraError, match=r"names alss: known are prior, als, age, clicks_7d"):
        refuse_unknown_features(replace(PLANNED, policy=policy), spine)
