"""Judging lists on the days after a cutoff: who is evaluated, what counts, and parent beside challenger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.history import History
from recommender.metrics import Truth, coded, diversity, evaluate, truth_of
from recommender.prior import DecayedCounts
from recommender.recommendations import Recommendations
from recommender.source import TrainingSource
from recommender.spine import Spine
from training.backtest import Fold
from training.frames import FoldFrames
from training.history_files import load_history, save_history
from training.settings import EvaluationSettings, short_hash
from training.stand import Stand
from warehouse.columns import ITEM, TS, TYPE, USER, WEIGHT
from warehouse.pruning import use_folder
from warehouse.windows import Window

KEPT: Final = 32
"""Windows and histories in a cache: what some three trainings of all segments read."""

_Kept = TypeVar("_Kept")
METRICS = ("ndcg", "recall", "map", "mrr", "precision", "diversity")


@dataclass(frozen=True, eq=False)
class Cohort:
    """The evaluated users of one fold, all in one order.

    Args:
        fold: the window and its parent.
        history: what they did before the cutoff, over the parent's items.
        truth: what they liked in the window and had not seen.
        users: their features at the cutoff.
    """

    fold: Fold
    history: History
    truth: Truth
    users: pd.DataFrame

    def __len__(self) -> int:
        return len(self.truth.users)


class FoldReader:
    """Reads folds from ``source`` and remembers them: segments trained together share the reading.

    Args:
        source: events and features.
        settings: who is evaluated and on what.
        cache: folder for what was read, shared by tasks in other processes; the ``KEPT`` windows and histories used
            last stay in it. ``None``: memory only.
        snapshot_id: names the data that ``source`` reads; what was kept of other data is not used.
    """

    def __init__(
        self, source: TrainingSource, settings: EvaluationSettings, cache: Path | None = None, snapshot_id: str = ""
    ) -> None:
        self.source = source
        self.settings = settings
        self.cache = cache
        self.snapshot_id = snapshot_id
        self._folds: dict[tuple[date, Window], tuple[Spine, FoldFrames]] = {}
        self._events: dict[tuple[date, int], pd.DataFrame] = {}
        # models that all segments share, by cutoff and what the segments are
        self.bodies: dict[tuple[date, Assignments], Spine] = {}
        self._histories: dict[date, tuple[Spine, History]] = {}
        self._counts: dict[tuple[date, float], tuple[Spine, DecayedCounts]] = {}

    def cohort(self, fold: Fold, members: NDArray[np.object_] | None = None) -> Cohort:
        """Users with a positive event in the window on an item they had not seen; of ``members`` only, if given.

        At most ``users_per_fold`` of them, drawn by the seed and the cutoff.
        """
        frames = self._frames(fold)
        ids = frames.truth.users.ids
        codes = np.arange(len(ids)) if members is None else np.flatnonzero(pd.Series(ids.astype(object)).isin(members))
        truth = frames.truth.rows(self._sampled(codes, fold.cutoff))
        features = frames.users[frames.users[USER].isin(truth.users.ids)]
        return Cohort(fold, frames.history.of_users(truth.users.ids), truth, features)

    def events_before(self, as_of: date, days: int) -> pd.DataFrame:
        """Events of the last ``days`` days before ``as_of``: ``user_id item_id event_type ts weight``."""
        key = (as_of, days)
        if key not in self._events:
            events = self.source.events(_past(self.source, as_of, days))[[USER, ITEM, TYPE, TS, WEIGHT]]
            # the newest only: a year of every window would be many times what one window needs
            self._events = {key: events}
        return self._events[key]

    def history(self, stand: Stand) -> History:
        """What everybody did before the stand's cutoff, over its parent's items."""
        if stand.fold is not None:
            return self._frames(stand.fold).history
        known, history = self._histories.get(stand.cutoff, (None, None))
        if history is None or known is not stand.parent:
            history = self._kept_history(stand.parent, stand.cutoff)
            self._histories[stand.cutoff] = (stand.parent, history)
        return history

    def counts(self, stand: Stand, half_life_days: float) -> DecayedCounts:
        """What everybody liked before the stand's cutoff; counted once for all segments."""
        key = (stand.cutoff, half_life_days)
        known, counts = self._counts.get(key, (None, None))
        if counts is None or known is not stand.parent:
            counts = DecayedCounts.of(self.history(stand), half_life_days)
            self._counts[key] = (stand.parent, counts)
        return counts

    def _frames(self, fold: Fold) -> FoldFrames:
        key = (fold.cutoff, fold.window)
        spine, frames = self._folds.get(key, (None, None))
        # another parent at the same cutoff may have another catalogue
        if frames is None or spine is not fold.spine:
            frames = self._kept(fold)
            self._folds[key] = (fold.spine, frames)
        return frames

    def _kept(self, fold: Fold) -> FoldFrames:
        if self.cache is None:
            return self._read(fold)
        folder = self.cache / f"{fold.cutoff}-{fold.window.end}-{self._key(fold.spine)}"
        items, cutoff = fold.spine.items, fold.cutoff
        return _kept_in(folder, lambda: self._read(fold), FoldFrames.save, lambda f: FoldFrames.load(f, items, cutoff))

    def _kept_history(self, spine: Spine, as_of: date) -> History:
        def read() -> History:
            return spine.history(self.events_before(as_of, spine.settings.history_days), as_of)

        if self.cache is None:
            return read()
        folder = self.cache / f"{as_of}-history-{self._key(spine)}"
        return _kept_in(folder, read, save_history, lambda f: load_history(f, spine.items, as_of))

    def _key(self, spine: Spine) -> str:
        items = hashlib.sha256("\0".join(spine.items.ids.tolist()).encode()).hexdigest()
        rated = spine.preprocessing.report.get("ratings")  # what ratings weigh depends on what the parent learnt
        return short_hash([self.snapshot_id, spine.settings.history_days, self.settings.exclude_seen, items, rated])

    def _read(self, fold: Fold) -> FoldFrames:
        past = self.events_before(fold.cutoff, fold.spine.settings.history_days)
        history = fold.spine.history(past, fold.cutoff)
        after = self.source.events(fold.window)
        truth = truth_of(after[after["positive"]], history, self.settings.exclude_seen)
        return FoldFrames(history, truth, self.source.users(fold.cutoff))

    def _sampled(self, codes: NDArray[np.int64], cutoff: date) -> NDArray[np.int64]:
        bound = self.settings.users_per_fold
        if len(codes) <= bound:
            return codes
        rng = np.random.default_rng((self.settings.seed, cutoff.toordinal()))
        return np.sort(rng.choice(codes, bound, replace=False))


def _kept_in(
    folder: Path, read: Callable[[], _Kept], save: Callable[[_Kept, Path], None], load: Callable[[Path], _Kept]
) -> _Kept:
    """What ``folder`` keeps, or what is read now and kept there; of the folders beside it the last used stay."""
    try:
        kept = load(folder)
    except FileNotFoundError:  # never kept, or removed by another task
        kept = read()
        save(kept, folder)
    use_folder(folder, KEPT)
    return kept


def judged(cohort: Cohort, lists: Recommendations, k: int) -> pd.DataFrame:
    """Per-user metrics of ``lists``: ``fold user_id ndcg recall map mrr precision diversity``, in the cohort's order.

    The diversity is that of the items' categories (:func:`recommender.metrics.diversity`); NaN where none are known.
    """
    spread = diversity(coded(lists, cohort.truth)[:, :k], cohort.fold.spine.catalogue.categories)
    frame = evaluate(lists, cohort.truth, k).assign(diversity=spread)[[USER, *METRICS]]
    return frame.assign(fold=str(cohort.fold.window))


def paired(parent: pd.DataFrame, challenger: pd.DataFrame) -> pd.DataFrame:
    """The gate's evidence: ``fold user_id parent challenger`` of NDCG from two judged frames of the same users."""
    both = parent[["fold", USER, "ndcg"]].merge(
        challenger[["fold", USER, "ndcg"]], on=["fold", USER], suffixes=("_p", "_c"), validate="one_to_one"
    )
    if len(both) != len(parent) or len(both) != len(challenger):
        raise ValueError(
            f"parent and challenger must be judged on the same users; found {len(parent)}, {len(challenger)}, "
            f"{len(both)} in common"
        )
    return both.rename(columns={"ndcg_p": "parent", "ndcg_c": "challenger"})


def means(judged_frame: pd.DataFrame, k: int, suffix: str = "") -> dict[str, float]:
    """Mean of every metric over evaluated user-windows, as ``ndcg@10`` and so on; none for what nobody has."""
    measured = [name for name in METRICS if judged_frame[name].notna().any()]
    return {f"{name}@{k}{suffix}": float(judged_frame[name].mean()) for name in measured}


def members_of(assignments: pd.Series, segment_id: str) -> NDArray[np.object_]:
    """The user ids that ``assignments`` (user id to segment id) puts into ``segment_id``."""
    return np.asarray(assignments.index[(assignments == segment_id).to_numpy()], dtype=object)


Assignments = Callable[[date], pd.Series]


def _past(source: TrainingSource, as_of: date, days: int) -> Window:
    start = max(source.span().start, Window.trailing(as_of, days).start)
    return Window(min(start, as_of), as_of)
