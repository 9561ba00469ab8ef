"""The training steps: fit, prove, register, and promote what is proved."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.spine import Spine
from tessera.champions import load_parent, load_version
from tessera.drift_request import DriftRequest
from tessera.errors import TesseraError
from tessera.lake import LakeSource
from tessera.links import Links
from tessera.membership import Membership
from tessera.provenance import provenance
from tessera.segment_policies import load_policies
from tessera.settings import Settings
from tessera.tuning import PlannedSegment, plan_tuning, refuse_unknown_features
from training.backtest import Fold, fresh_fold, load_folds
from training.comparisons import control, placebo
from training.decision import Decision
from training.diversity import above_floor
from training.evaluation import FoldReader
from training.gate import decide
from training.parent import train_global
from training.policies import Promotion, SegmentPolicy
from training.promotion import Promotion as Moved
from training.registry import Registry
from training.seeds import seeds_compared
from training.strategies import SegmentTask, strategy
from training.submission import submit_global, submit_segment
from training.versions import GLOBAL, Registration, model_name
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)

# as a strategy: the one that the segment's settings name
CONFIGURED = "configured"


@dataclass(frozen=True)
class Training:
    """What every training step is given.

    Attributes:
        reason: why it runs; kept on the version.
        promote: whether the champion alias may move (a backfill's may not).
        drift: the monitoring run that asked for it, if one did.
    """

    store: Store
    settings: Settings
    registry: Registry
    as_of: date
    reason: str = ""
    promote: bool = True
    drift: DriftRequest | None = field(default=None, kw_only=True)
    began: float = field(default_factory=time.monotonic, init=False, compare=False)

    @cached_property
    def source(self) -> LakeSource:
        """The lake as of now, by name."""
        return LakeSource(self.store, self.settings)

    @cached_property
    def membership(self) -> Membership:
        """The segmentation in force."""
        return Membership(self.store, self.settings, self.source, self.as_of)

    @cached_property
    def reader(self) -> FoldReader:
        """Folds are read from the lake once, by whoever trains first; the other tasks read the arrays."""
        folder = self.settings.home / "cache" / "folds"
        return FoldReader(self.source, self.settings.training.evaluation, folder, self.source.data_hash)

    def conclude(self, registration: Registration, expected: str | None) -> dict[str, Any]:
        """Register, move the alias if proved and allowed, write the row of ``gate_decisions``."""
        version = self.registry.register(registration)
        if self.drift:
            self.registry.annotate(registration.name, version, self.drift.tags(registration.segment_id))
        moved = self._moved(registration, version, expected)
        promoted = moved is not None and moved.done
        row = self._row(registration, version, promoted, moved)
        self.store.replace(
            "gate_decisions", pd.DataFrame([row]), Window.day(self.as_of), segment_id=registration.segment_id
        )
        decision = registration.decision
        log.info("%s v%s: %s. %s", registration.name, version, decision.verdict, decision.reason)
        return {
            "segment_id": registration.segment_id,
            "version": version,
            "verdict": decision.verdict,
            "promoted": promoted,
            "reason": decision.reason,
        }

    def _notes(self, page: str) -> tuple[str, ...]:
        """What a version's description says besides the gate's answer: why it was trained, and where to read on."""
        because = (f"Trained because: {self.reason}.",) if self.reason else ()
        return (*because, f"[Page of segments]({page})")

    @property
    def policy(self) -> SegmentPolicy:
        """What holds for the model: the defaults of segments, promoted as the installation says."""
        return replace(load_policies(self.settings).default, promotion=self.settings.promotion)

    def _moved(self, registration: Registration, version: str, expected: str | None) -> Moved | None:
        """What became of the promotion; ``None`` where none was tried."""
        policy = self._promotion(registration.segment_id)
        if not (self.promote and registration.decision.serves) or policy == "never":
            return None
        moved = None
        if policy == "auto":
            days = self.policy.hold_days
            moved = self.registry.promote(registration.name, version, expected, self.reason, hold_days=days)
            log.info("%s v%s: %s", registration.name, version, moved.reason)
        if moved is None or moved.outcome == "held":
            # proved, and waiting for a person: what is not proved is no challenger
            self.registry.propose(registration.name, version)
        return moved

    def _promotion(self, segment_id: str) -> Promotion:
        waits = self.drift is not None and segment_id in self.drift.approve
        return "manual" if waits and self.policy.promotion == "auto" else self.policy.promotion

    def _row(self, registration: Registration, version: str, promoted: bool, moved: Moved | None) -> dict[str, Any]:
        facts = registration.decision.facts()
        known = ("verdict", "reason", "users", "windows", "metric", "parent", "challenger", "difference")
        numbers = ("lower", "upper", "margin", "p_value")
        return {
            "as_of": self.as_of,
            "segment_id": registration.segment_id,
            "strategy": registration.strategy,
            **{name: facts[name] for name in (*known, *numbers)},
            "placebo": registration.placebo,
            "control": registration.control,
            "model_version": version,
            "parent_version": registration.parent_version or "",
            "promoted": promoted,
            "detail": json.dumps(self._detail(registration, moved)),
        }

    def _detail(self, registration: Registration, moved: Moved | None) -> dict[str, Any]:
        cost = {
            "seconds": round(time.monotonic() - self.began, 1),
            "trials": registration.parameters.get("cost.trials", 0),
            "users": registration.parameters.get("budget.users", 0),
        }
        detail: dict[str, Any] = {"reason": self.reason, "windows": _windows(registration.decision), "cost": cost}
        if moved is not None:
            detail["promotion"] = {"outcome": moved.outcome, "reason": moved.reason}
        if self.drift is not None:
            detail["drift"] = self.drift.facts(registration.segment_id)
        return detail


@dataclass(frozen=True)
class GlobalTraining(Training):
    """The parent: fitted, compared with the live champion, registered."""

    def run(self) -> dict[str, Any]:
        """Train the parent and every window's parent; returns its version and verdict."""
        champion = self.registry.champion(model_name(GLOBAL))
        live = load_version(self.registry, self.settings, champion) if champion else None
        trained = train_global(
            self.source,
            self.as_of,
            self.settings.training,
            self.settings.backtests,
            champion=live if isinstance(live, Spine) else None,
            assignments=self.membership.at,
            snapshot_id=self.source.data_hash,
            progress=log.info,
            reader=self.reader,
        )
        with tempfile.TemporaryDirectory() as folder:
            notes = self._notes(Links(self.settings).overview)
            origin = provenance(self.source)
            registration = submit_global(trained, self.settings.training, origin, Path(folder), notes)
            return self.conclude(registration, champion.version if champion else None)


@dataclass(frozen=True)
class SegmentTraining(Training):
    """One segment's challenger on the live parent."""

    segment: str = ""
    strategy: str = CONFIGURED

    @cached_property
    def planned(self) -> PlannedSegment:
        """The segment's settings and trials."""
        plan = plan_tuning(self.settings, self.membership)
        if self.segment not in plan:
            raise TesseraError(f"no segment {self.segment} as of {self.as_of}: living are {', '.join(plan)}")
        return plan[self.segment]

    @property
    def policy(self) -> SegmentPolicy:
        """The segment's own."""
        return self.planned.policy

    def run(self) -> dict[str, Any]:
        """Train, prove, register; returns version and verdict."""
        parent, spine = load_parent(self.registry, self.settings, self.as_of)
        refuse_unknown_features(self.planned, spine)
        task = SegmentTask(
            segment_id=self.segment,
            source=self.source,
            folds=self._folds(spine),
            spine=spine,
            assignments=self.membership.at,
            as_of=self.as_of,
            settings=self.planned.training(self.settings),
            parent_version=parent.version,
            # model, placebo and control read the same folds
            reader=self.reader,
            studies=self.settings.studies,
        )
        champion = self.registry.champion(model_name(self.segment))
        with tempfile.TemporaryDirectory() as folder:
            return self.conclude(self._challenge(task, Path(folder)), champion.version if champion else None)

    def _challenge(self, task: SegmentTask, folder: Path) -> Registration:
        chosen = strategy(self.planned.policy.strategy if self.strategy == CONFIGURED else self.strategy)
        challenger = chosen.challenge(task)
        seeds = seeds_compared(challenger, task)
        decision = decide(challenger.evaluation, task.settings.gate, len(self.membership.names()), seeds)
        reached = challenger.metrics.get(f"diversity@{task.settings.evaluation.k}")
        registration = submit_segment(
            task,
            challenger,
            above_floor(decision, reached, task.settings.diversity),
            provenance(self.source),
            folder,
            self.planned.name,
            placebo=placebo(task, chosen, self.settings.seed) if task.settings.placebo else float("nan"),
            control=control(task) if task.settings.control else float("nan"),
            notes=(self.planned.sentence(), *self._notes(Links(self.settings).page(self.segment))),
        )
        told = {**self.planned.parameters(), "cost.trials": len(challenger.trace)}
        return replace(registration, parameters={**registration.parameters, **told})

    def _folds(self, spine: Spine) -> list[Fold]:
        """The parent's windows, and the days since it was trained, which no model has seen."""
        folds = load_folds(self.settings.backtests, spine.as_of)
        fresh = fresh_fold(spine, spine.as_of, self.as_of)
        return [*folds, fresh] if fresh else folds


def _windows(decision: Decision) -> list[dict[str, Any]]:
    return [asdict(window) for window in decision.by_window]
