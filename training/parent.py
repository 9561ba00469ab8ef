"""The global model: parents of all windows, the final spine, and non-inferiority to the live champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.source import TrainingSource
from recommender.spine import Spine
from training.backtest import Fold, Progress, fit_folds, plan_folds, shortfall
from training.decision import Decision
from training.evaluation import METRICS, Assignments, FoldReader, judged, means, paired
from training.gate import decide_parent
from training.plots import SegmentMetric
from training.rivals import rival_metrics, rivals_told
from training.settings import TrainingSettings
from warehouse.columns import SEGMENT, USER
from warehouse.windows import Window


@dataclass(frozen=True, eq=False)
class TrainedParent:
    """A new global model with its evidence.

    Args:
        spine: fitted as of the date asked for.
        folds: the windows with their parents, for all segments' heads.
        evaluation: ``fold user_id segment_id ndcg recall map mrr precision diversity`` on the gate windows, per user.
        metrics: overall (``ndcg@10``) and per segment (``ndcg@10.s1``).
        segments: the same with intervals, for the plot.
        decision: against the live champion; the first model serves at once.
        notes: sentences to say, such as fewer windows than asked for.
    """

    spine: Spine
    folds: list[Fold]
    evaluation: pd.DataFrame
    metrics: dict[str, float]
    segments: tuple[SegmentMetric, ...]
    decision: Decision
    notes: tuple[str, ...]


def train_global(
    source: TrainingSource,
    as_of: date,
    settings: TrainingSettings,
    folder: Path,
    champion: Spine | None = None,
    assignments: Assignments | None = None,
    snapshot_id: str = "",
    progress: Progress | None = None,
    reader: FoldReader | None = None,
) -> TrainedParent:
    """Fit the parents of all windows and the final spine, and judge them.

    Args:
        source: events and features.
        as_of: events before this day are used.
        settings: all choices.
        folder: keeps the windows' parents for the segments, see :func:`training.backtest.fit_folds`.
        champion: the live global model to compare with; ``None`` for the first.
        assignments: user id to segment id as computed at a date, for the metrics by segment.
        snapshot_id: names the data that ``source`` reads.
        progress: told of every fit.
        reader: shared with the segments trained afterwards.
    """
    say = progress or (lambda _: None)
    folds = fit_folds(source, as_of, settings, folder, say, snapshot_id)
    say(f"global model as of {as_of}: fitting")
    spine = Spine.fit(source, as_of, settings.spine, say)
    reading = reader or FoldReader(source, settings.evaluation)
    evaluation = evaluate_parent(reading, [fold for fold in folds if fold.role == "gate"], assignments)
    k = settings.evaluation.k
    evidence = None if champion is None else _beside_champion(reading, folds, champion, as_of, assignments)
    missing = shortfall(plan_folds(as_of, settings.backtest, source.span()), settings.backtest)
    return TrainedParent(
        spine=spine,
        folds=folds,
        evaluation=evaluation,
        metrics=means(evaluation, k) | _by_segment(evaluation, k) | rival_metrics(spine),
        segments=_intervals(evaluation),
        decision=decide_parent(evidence, settings.gate),
        notes=tuple(note for note in (missing, rivals_told(spine)) if note),
    )


def evaluate_parent(reader: FoldReader, folds: Sequence[Fold], assignments: Assignments | None = None) -> pd.DataFrame:
    """Judge every fold's parent on its own window: per-user metrics with the segment of the user at the cutoff."""
    frames = [_empty()]
    for fold in folds:
        frame = _judged_parent(reader, fold, fold.spine)
        frames.append(_with_segment(frame, assignments, fold.cutoff))
    return pd.concat(frames, ignore_index=True)


def _beside_champion(
    reader: FoldReader, folds: Sequence[Fold], champion: Spine, as_of: date, assignments: Assignments | None
) -> pd.DataFrame:
    """Windows that neither model saw: what remains of each fold's window after the champion's own as-of.

    The champion stands as it is, the challenger is the new recipe fitted at the fold's cutoff: what is compared is
    keeping the old model against training again.
    """
    frames = [paired(_empty(), _empty())]
    for fold in folds:
        start = max(fold.cutoff, champion.as_of)
        if start >= min(fold.window.end, as_of):
            continue
        window = Window(start, fold.window.end)
        # both know what the users did before the window; the recipe was fitted at its cutoff, which is not later
        new = _judged_parent(reader, Fold(start, window, fold.role, fold.spine), fold.spine)
        old = _judged_parent(reader, Fold(start, window, fold.role, champion), champion)
        common = set(new[USER]) & set(old[USER])
        frame = paired(old[old[USER].isin(common)], new[new[USER].isin(common)])
        frames.append(_with_segment(frame, assignments, start))
    return pd.concat(frames, ignore_index=True)


def _judged_parent(reader: FoldReader, fold: Fold, spine: Spine) -> pd.DataFrame:
    cohort, settings = reader.cohort(fold), reader.settings
    lists = spine.recommend(cohort.history, cohort.users, settings.k, settings.exclude_seen)
    return judged(cohort, lists, settings.k)


def _with_segment(frame: pd.DataFrame, assignments: Assignments | None, cutoff: date) -> pd.DataFrame:
    segments = pd.Series(dtype=object) if assignments is None else assignments(cutoff)
    return frame.assign(**{SEGMENT: frame[USER].map(segments).astype(object)})


def _by_segment(evaluation: pd.DataFrame, k: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for segment, rows in evaluation.groupby(SEGMENT, sort=True):
        found |= means(rows, k, f".{segment}")
    return found


def _intervals(evaluation: pd.DataFrame) -> tuple[SegmentMetric, ...]:
    rows = []
    for segment, group in evaluation.groupby(SEGMENT, sort=True):
        values = group["ndcg"].to_numpy(np.float64)
        mean = float(values.mean())
        error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
        rows.append(SegmentMetric(str(segment), len(group), mean, mean - 1.96 * error, mean + 1.96 * error))
    return tuple(rows)


def _empty() -> pd.DataFrame:
    columns = {name: pd.Series(dtype=float) for name in METRICS}
    keys = {name: pd.Series(dtype=object) for name in ("fold", USER, SEGMENT)}
    return pd.DataFrame(keys | columns)
