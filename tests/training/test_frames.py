"""What was read for a window is kept for other processes, and only for the same data and items."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender.source import FrameSource
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, START, planted_world
from training.backtest import Fold
from training.evaluation import KEPT, Cohort, FoldReader
from training.settings import EvaluationSettings
from training.stand import Stand
from warehouse.windows import Window

WINDOW = Window.trailing(AS_OF, 7)


class Unreadable(FrameSource):
    """A source that must not be asked for events."""

    def events(self, window: Window) -> pd.DataFrame:
        raise AssertionError(f"events of {window} were read again")


@pytest.fixture(scope="module")
def source() -> FrameSource:
    world = planted_world(users=200)
    return FrameSource(world.log, world.catalogue, world.people, Window(START, AS_OF))


@pytest.fixture(scope="module")
def fold(source: FrameSource) -> Fold:
    return Fold(WINDOW.start, WINDOW, "gate", Spine.fit(source, WINDOW.start, SETTINGS.spine))


def reader(source: FrameSource, cache: Path | None, snapshot: str = "1") -> FoldReader:
    return FoldReader(source, EvaluationSettings(), cache, snapshot)


def unreadable(source: FrameSource) -> Unreadable:
    return Unreadable(source.log, source.catalogue, source.people, source.days)


def arrays(cohort: Cohort) -> list[np.ndarray]:
    matrices = (cohort.history.weights, cohort.history.age_days, cohort.truth.matrix)
    plain = [part for m in matrices for part in (m.data, m.indices, m.indptr)]
    return [*plain, cohort.truth.relevant, cohort.truth.users.ids, cohort.history.users.ids]


def test_another_process_reads_the_kept_arrays_and_sees_the_same(
    source: FrameSource, fold: Fold, tmp_path: Path
) -> None:
    plain = reader(source, None).cohort(fold)
    reader(source, tmp_path).cohort(fold)
    kept = reader(unreadable(source), tmp_path).cohort(fold)
    for one, other in zip(arrays(plain), arrays(kept), strict=True):
        assert np.array_equal(one, other)
    pd.testing.assert_frame_equal(plain.users.reset_index(drop=True), kept.users.reset_index(drop=True))


@pytest.mark.parametrize("change", [lambda fold: fold, lambda fold: Fold(START, WINDOW, "gate", fold.spine)])
def test_other_data_or_another_cutoff_is_read_anew(
    source: FrameSource, fold: Fold, tmp_path: Path, change: Callable[[Fold], Fold]
) -> None:
    reader(source, tmp_path).cohort(fold)
    other = change(fold)
    snapshot = "2" if other is fold else "1"
    with pytest.raises(AssertionError, match="were read again"):
        reader(unreadable(source), tmp_path, snapshot).cohort(other)


def test_two_tasks_that_keep_the_same_window_do_not_disturb_each_other(
    source: FrameSource, fold: Fold, tmp_path: Path
) -> None:
    frames = reader(source, tmp_path)._frames(fold)
    (folder,) = tmp_path.iterdir()
    frames.save(folder)
    assert list(tmp_path.iterdir()) == [folder]
    assert type(fold.cutoff) is date


def test_what_a_serving_head_reads_is_kept_as_well(source: FrameSource, fold: Fold, tmp_path: Path) -> None:
    stand, members = Stand(fold.spine, AS_OF), np.array(["u0001", "u0003"], dtype=object)
    plain = reader(source, None).counts(stand, 60.0)
    reader(source, tmp_path).counts(stand, 60.0)
    kept = reader(unreadable(source), tmp_path).counts(stand, 60.0)
    assert plain.prior(members, 50.0) == kept.prior(members, 50.0)
    with pytest.raises(AssertionError, match="were read again"):
        reader(unreadable(source), tmp_path).counts(Stand(fold.spine, WINDOW.start), 60.0)


def test_the_windows_used_last_stay_in_the_cache(source: FrameSource, fold: Fold, tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        (tmp_path / f"old{number:02d}").mkdir()
        os.utime(tmp_path / f"old{number:02d}", (number, number))
    reader(source, tmp_path).cohort(fold)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == KEPT
    assert left[-1] == f"old{KEPT + 4}"
    assert left[0].startswith(str(fold.cutoff))
    assert "old05" not in left
