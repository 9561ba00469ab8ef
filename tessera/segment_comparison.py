"""Candidate segmentations on the same users and days: stability, information beyond history, what heads gain."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from segmentation import Segmentation, SegmentationSettings, fit_segmentation
from segmentation.comparison import Information, candidates, information, stability
from tessera.errors import SettingsError
from tessera.lake import LakeSource
from tessera.settings import Settings
from warehouse.columns import ITEM, SEGMENT, USER
from warehouse.store import Store
from warehouse.windows import Window

if TYPE_CHECKING:
    from training.backtest import Fold
    from training.evaluation import FoldReader

HELD_OUT_DAYS = 14
REMEMBERED_DAYS = 90

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ComparedSegmentation:
    """One candidate.

    Attributes:
        segments: how many there are.
        smallest: users of the smallest one.
        stability: bootstrap ARI, see :func:`segmentation.comparison.stability`.
        told: see :class:`segmentation.comparison.Information`.
        head_gain: mean NDCG difference of heads to the parent over evaluated users; ``None`` if not asked for.
        head_users: how many user-windows that mean is of.
    """

    name: str
    segments: int
    smallest: int
    stability: float
    told: Information
    head_gain: float | None = None
    head_users: int | None = None

    def plain(self) -> dict[str, Any]:
        """Flat values, ready for JSON."""
        values = asdict(self)
        told: dict[str, Any] = values.pop("told")
        return values | told


@dataclass(frozen=True, eq=False)
class SegmentComparison:
    """Segmentations fitted on the features of a cutoff, judged on the days from it to ``as_of``.

    Args:
        store: the lake.
        settings: segmentation, training and folders.
        as_of: events before this day are used; the last 14 days before it are held out.
    """

    store: Store
    settings: Settings
    as_of: date

    def run(
        self, given: Mapping[str, SegmentationSettings] | None = None, heads: bool = False
    ) -> list[ComparedSegmentation]:
        """Compare the candidates in ``given``, by default those of :func:`segmentation.comparison.candidates`."""
        chosen = given or candidates(self._frame, self.settings.segmentation)
        return [self._compared(name, settings, heads) for name, settings in chosen.items()]

    def _compared(self, name: str, settings: SegmentationSettings, heads: bool) -> ComparedSegmentation:
        log.info("segmentation '%s'", name)
        fitted = fit_segmentation(self._frame, settings, self._cutoff)
        labels = fitted.assign(self._frame)[SEGMENT]
        before, after = self._events
        told = information(self._frame, labels, self.settings.segmentation, before, after)
        gain, users = self._heads(fitted) if heads else (None, None)
        steady = stability(self._frame, settings, self._cutoff)
        sizes = labels.value_counts()
        return ComparedSegmentation(name, len(sizes), int(sizes.min()), steady, told, gain, users)

    @cached_property
    def _source(self) -> LakeSource:
        return LakeSource(self.store, self.settings)

    @property
    def _cutoff(self) -> date:
        return self.as_of - timedelta(days=HELD_OUT_DAYS)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        return self._source.users(self._cutoff)

    @cached_property
    def _events(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        before, after = (
            events.loc[events["positive"], [USER, ITEM]]
            for events in (
                self._source.events(Window.trailing(self._cutoff, REMEMBERED_DAYS)),
                self._source.events(Window(self._cutoff, self.as_of)),
            )
        )
        return before, after

    def _heads(self, fitted: Segmentation) -> tuple[float, int]:
        """The mean difference that the heads of all segments make on the gate windows of the parent's backtest."""
        from training.heads import head_evaluation, tune_head
        from training.task import SegmentTask

        folds, reader = self._folds
        known: dict[date, pd.Series[str]] = {}

        def assigned(day: date) -> pd.Series[str]:
            if day not in known:
                known[day] = fitted.assign(self._source.users(day)).set_index(USER)[SEGMENT]
            return known[day]

        found = []
        for segment in fitted.segments:
            task = SegmentTask(
                segment.segment_id,
                self._source,
                folds,
                folds[-1].spine,
                assigned,
                self.as_of,
                self.settings.training,
                reader=reader,
            )
            tuned = tune_head(task, reader, task.members)
            judged = head_evaluation(task, reader, tuned.parameters, task.members, task.members)
            found.append((judged["challenger"] - judged["parent"]).to_numpy(np.float64))
        differences = np.concatenate(found)
        return float(differences.mean()), len(differences)

    @cached_property
    def _folds(self) -> tuple[list[Fold], FoldReader]:
        from training.backtest import load_folds
        from training.evaluation import FoldReader

        folds = load_folds(self.settings.backtests, self.as_of)
        return folds, FoldReader(self._source, self.settings.training.evaluation)


def load_candidates(file: Path) -> dict[str, SegmentationSettings]:
    """Candidates from TOML: a table for each, with the fields of :class:`segmentation.SegmentationSettings`.

    Raises:
        SettingsError: names the table and what is wrong in it.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"candidates cannot be read from {file}: {error}") from error
    return {name: _candidate(name, values, file) for name, values in tables.items()}


def _candidate(name: str, values: Any, file: Path) -> SegmentationSettings:
    known = {field.name for field in fields(SegmentationSettings)}
    unknown = sorted(set(values) - known) if isinstance(values, dict) else [name]
    if unknown:
        raise SettingsError(f"candidate '{name}' in {file} has {unknown}: expected some of {sorted(known)}")
    try:
        return TypeAdapter(SegmentationSettings).validate_python(values)
    except ValidationError as error:
        raise SettingsError(f"candidate '{name}' in {file} is no segmentation: {error}") from error
