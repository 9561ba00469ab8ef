from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, planted_world
from training.backtest import Fold
from training.comparisons import control, placebo
from training.strategies import strategy
from training.task import SegmentTask
from warehouse.windows import Window


@pytest.fixture(scope="module")
def task() -> SegmentTask:
    """One tuning and one gate window on the same parent."""
    world = planted_world(users=500)
    cutoff = AS_OF - timedelta(days=14)
    spine = Spine.fit(world, cutoff, SETTINGS.spine)
    windows = Window(cutoff, cutoff + timedelta(days=7)), Window(cutoff + timedelta(days=7), AS_OF)
    folds = [Fold(window.start, window, role, spine) for window, role in zip(windows, ("tune", "gate"), strict=True)]
    return SegmentTask("a", world, folds, spine, world.assignments, AS_OF, SETTINGS)


def test_all_segments_share_one_tuning_of_the_control(task: SegmentTask, tmp_path: Path) -> None:
    kept = replace(task, studies=tmp_path)
    reached = [control(replace(kept, segment_id=segment)) for segment in ("a", "b", "a")]
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1
    assert reached[0] == reached[2]
    assert reached[0] == control(task)


def test_a_placebo_group_keeps_its_users_and_its_size(task: SegmentTask) -> None:
    groups: list[pd.Series] = []

    class Watched:
        name = "watched"

        def challenge(self, asked: SegmentTask) -> object:
            groups.extend(asked.assignments(day) for day in (task.folds[0].cutoff, AS_OF))
            return strategy("head").challenge(asked)

    placebo(task, Watched())  # type: ignore[arg-type]
    early, late = ({user for user in group.index if group[user] == "placebo"} for group in groups)
    assert early <= late
    assert len(late) == pytest.approx(len(task.members(AS_OF)), rel=0.15)
    assert len(late & set(task.members(AS_OF))) == pytest.approx(len(late) / 2, rel=0.2)
