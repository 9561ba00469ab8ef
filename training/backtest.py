"""Rolling windows by time: a parent fitted at every cutoff, judged on the days after, kept on disk for all segments."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import Literal, NamedTuple

from recommender import artifact
from recommender.source import TrainingSource
from recommender.spine import Spine
from training.settings import BacktestSettings, TrainingSettings, short_hash
from warehouse.windows import Window

Role = Literal["tune", "gate"]
Progress = Callable[[str], None]


class PlannedFold(NamedTuple):
    """A window to judge on and the cutoff before which models may look."""

    cutoff: date
    window: Window
    role: Role


@dataclass(frozen=True, eq=False)
class Fold:
    """A planned fold with the parent fitted at its cutoff."""

    cutoff: date
    window: Window
    role: Role
    spine: Spine


class FoldsMissingError(LookupError):
    """A segment was to be trained before the parents of its windows were fitted."""


def plan_folds(as_of: date, settings: BacktestSettings, span: Window | None = None) -> list[PlannedFold]:
    """The windows back from ``as_of``, oldest first: tuning windows, then the gate's, none overlapping.

    Args:
        as_of: the newest window ends here.
        settings: how many and how long.
        span: days that hold events; the number of windows grows with those before ``as_of``. Windows without enough
            history before them are left out, the oldest first, but one window is kept for tuning as long as there
            are two. ``None`` plans the most.
    """
    days = settings.holdout_days
    cutoffs = [as_of - timedelta(days=days * back) for back in range(_asked(as_of, settings, span), 0, -1)]
    if span is not None:
        earliest = span.start + timedelta(days=settings.minimum_history_days)
        cutoffs = [cutoff for cutoff in cutoffs if cutoff >= earliest]
    tune = _tuning(len(cutoffs), settings)
    return [
        PlannedFold(cutoff, Window(cutoff, cutoff + timedelta(days=days)), "tune" if place < tune else "gate")
        for place, cutoff in enumerate(cutoffs)
    ]


def _asked(as_of: date, settings: BacktestSettings, span: Window | None) -> int:
    least, most = (gate + tune for gate, tune in zip(settings.gate_range, settings.tune_range, strict=True))
    if span is None:
        return most
    history = (as_of - span.start).days
    room = history - ceil(settings.parent_share * history)
    return max(least, min(most, room // settings.holdout_days))


def _tuning(windows: int, settings: BacktestSettings) -> int:
    """How many of so many windows tune: those beyond the least first, and one of too few."""
    gate, (tune, most) = settings.gate_range[0], settings.tune_range
    if windows >= gate + tune:
        return min(most, windows - gate)
    return max(min(1, tune, windows - 1), windows - gate, 0)


def shortfall(plan: Sequence[PlannedFold], settings: BacktestSettings) -> str | None:
    """A sentence when history was too short for the least windows, else ``None``."""
    gate = sum(fold.role == "gate" for fold in plan)
    tune = len(plan) - gate
    least_gate, least_tune = settings.gate_range[0], settings.tune_range[0]
    if gate >= least_gate and tune >= least_tune:
        return None
    return (
        f"History is short: {gate} of {least_gate} gate windows and "
        f"{tune} of {least_tune} tuning windows of {settings.holdout_days} days fit."
    )


def fit_folds(
    source: TrainingSource,
    as_of: date,
    settings: TrainingSettings,
    folder: Path,
    progress: Progress | None = None,
    snapshot_id: str = "",
) -> list[Fold]:
    """Fit one parent per window and keep each under ``folder``; one that fits cutoff, settings and snapshot is reused.

    Args:
        source: read only before each cutoff.
        as_of: see :func:`plan_folds`.
        settings: ``backtest`` and ``spine`` matter.
        folder: gets ``<cutoff>-<key>/`` per parent and ``folds-<as_of>.json``, the plan.
        progress: told of every fit.
        snapshot_id: names the data; another one fits anew.
    """
    say = progress or (lambda _: None)
    plan = plan_folds(as_of, settings.backtest, source.span())
    missing = shortfall(plan, settings.backtest)
    if missing:
        say(missing)
    key = short_hash([settings.spine.to_json(), snapshot_id])

    def fitted(planned: PlannedFold) -> Fold:
        return _fold(source, planned, settings, folder / f"{planned.cutoff}-{key}", say)

    # NumPy, implicit and LightGBM leave the interpreter: threads fill the cores, each fit keeps to one
    with ThreadPoolExecutor(settings.backtest.workers) as workers:
        folds = list(workers.map(fitted, plan))
    _write_plan(folder, as_of, plan, key)
    return folds


def load_folds(folder: Path, as_of: date | None = None) -> list[Fold]:
    """The folds that :func:`fit_folds` kept for ``as_of`` (``None``: the only plan in the folder), oldest first.

    Raises:
        FoldsMissingError: nothing was kept, or more than one plan and no ``as_of`` to choose.
        recommender.artifact.ArtifactError: a kept parent is damaged.
    """
    rows = json.loads(_plan_path(folder, as_of).read_text())
    return [
        Fold(
            cutoff=date.fromisoformat(row["cutoff"]),
            window=Window.parse(row["cutoff"], row["end"]),
            role=row["role"],
            spine=_spine(folder / row["folder"]),
        )
        for row in rows
    ]


def fresh_fold(champion: Spine, champion_as_of: date, as_of: date) -> Fold | None:
    """The days since the live parent was fitted as one more gate window; ``None`` when there is not one whole day."""
    if (as_of - champion_as_of).days < 1:
        return None
    return Fold(champion_as_of, Window(champion_as_of, as_of), "gate", champion)


def _fold(
    source: TrainingSource, planned: PlannedFold, settings: TrainingSettings, folder: Path, say: Progress
) -> Fold:
    if folder.exists():
        say(f"parent as of {planned.cutoff}: reused")
        return Fold(*planned, spine=_spine(folder))
    say(f"parent as of {planned.cutoff}: fitting for the {planned.role} window {planned.window}")
    spine = Spine.fit(source, planned.cutoff, settings.spine, say)
    artifact.save(spine, folder, {"as_of": planned.cutoff.isoformat()})
    return Fold(*planned, spine=spine)


def _spine(folder: Path) -> Spine:
    model = artifact.load(folder)
    if not isinstance(model, Spine):
        raise TypeError(f"expected a spine in {folder}; found a {type(model).__name__}: delete the folder and refit")
    return model


def _plan_path(folder: Path, as_of: date | None) -> Path:
    found = sorted(folder.glob("folds-*.json")) if as_of is None else [folder / f"folds-{as_of}.json"]
    if len(found) != 1 or not found[0].exists():
        raise FoldsMissingError(
            f"expected the folds of {as_of or 'one date'} in {folder}; found {len(found) if as_of is None else 0}: "
            "train the global model first (it fits them)"
        )
    return found[0]


def _write_plan(folder: Path, as_of: date, plan: Sequence[PlannedFold], key: str) -> None:
    rows = [
        {"cutoff": str(p.cutoff), "end": str(p.window.end), "role": p.role, "folder": f"{p.cutoff}-{key}"} for p in plan
    ]
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".folds-{as_of}.json"
    aside.write_text(json.dumps(rows, indent=1))
    aside.replace(folder / f"folds-{as_of}.json")
