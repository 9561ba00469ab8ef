"""Who belongs to which segment on any day: segmentations fitted in a chain, whatever the order of runs."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from segmentation import Segmentation, fit_segmentation, lineage
from tessera.errors import NotReadyError
from tessera.lake import LakeSource
from tessera.settings import Settings
from warehouse.columns import SEGMENT, USER
from warehouse.store import Store
from warehouse.windows import Window

FIRST_FIT_DAYS = 28


class Membership:
    """The segmentation in force at ``as_of``, applied to features of that day or of any day before it.

    Fits lie on a grid of ``refit_days`` from the origin, and on the day after a drift of the mix asked for one (action
    ``recluster``). Each starts from the one before it, back to the first, and is kept in the table ``segments``:
    whoever needs one that is missing fits it, and always gets the same.

    Raises:
        NotReadyError: ``as_of`` lies before the first fit.
    """

    def __init__(self, store: Store, settings: Settings, source: LakeSource, as_of: date) -> None:
        self.store = store
        self.settings = settings
        self.source = source
        self.as_of = as_of
        self._known: dict[date, pd.Series[str]] = {}

    @cached_property
    def fitted_as_of(self) -> date:
        """The day of the fit in force."""
        origin = self._origin
        if self.as_of < origin:
            raise NotReadyError(
                f"segments exist from {origin} on (setting 'segment_origin'); asked for {self.as_of}: "
                "choose a later day, or set an earlier origin before anything is trained"
            )
        return self._fit_day(self.as_of)

    @cached_property
    def segmentation(self) -> Segmentation:
        """The segmentation in force, fitted now if nobody has yet."""
        with self.store.lock("segments"):
            return self._fitted(self.fitted_as_of)

    def segments(self) -> list[str]:
        """Ids of the living segments."""
        return [segment.segment_id for segment in self.segmentation.segments]

    def names(self) -> dict[str, str]:
        """Id to the name that a person understands."""
        return {segment.segment_id: segment.name for segment in self.segmentation.segments}

    def at(self, day: date) -> pd.Series[str]:
        """User id to segment id, from what was known of each user before ``day``."""
        if day not in self._known:
            assigned = self.assign(day)
            self._known[day] = assigned.set_index(USER)[SEGMENT]
        return self._known[day]

    def assign(self, day: date) -> pd.DataFrame:
        """``user_id segment_id band distance`` of every user known before ``day``."""
        return self.segmentation.assign(self.source.users(day))

    @cached_property
    def _origin(self) -> date:
        return self.settings.segment_origin or self.source.span().start + timedelta(days=FIRST_FIT_DAYS)

    def _fit_day(self, day: date) -> date:
        """The newest fit on ``day`` or before it."""
        steps = (day - self._origin).days // self.settings.refit_days
        on_grid = self._origin + timedelta(days=steps * self.settings.refit_days)
        return max(on_grid, max((asked for asked in self._asked if asked <= day), default=on_grid))

    @cached_property
    def _asked(self) -> list[date]:
        """The days after those on which drift of the mix asked for a fit."""
        if not self.store.exists("drift_actions"):
            return []
        rows = self.store.frame("drift_actions", columns=["as_of", "action"])
        days = rows.loc[rows["action"] == "recluster", "as_of"]
        return sorted({day + timedelta(days=1) for day in days} - {self._origin})

    def _fitted(self, day: date) -> Segmentation:
        kept = self._kept(day)
        if kept is not None:
            return kept
        previous = self._fitted(self._fit_day(day - timedelta(days=1))) if day > self._origin else None
        fitted = fit_segmentation(self.source.users(day), self.settings.segmentation, day, previous)
        self._keep(fitted, previous, day)
        return fitted

    def _kept(self, day: date) -> Segmentation | None:
        if not self.store.exists("segments"):
            return None
        rows = self.store.frame("segments", window=Window.day(day), columns=["model"])
        return Segmentation.from_json(str(rows["model"].iloc[0])) if len(rows) else None

    def _keep(self, fitted: Segmentation, previous: Segmentation | None, day: date) -> None:
        window = Window.day(day)
        self.store.replace("segment_lineage", lineage(previous, fitted), window)
        # last: a row here means that everything about this fit is written
        self.store.replace("segments", fitted.rows(), window)
