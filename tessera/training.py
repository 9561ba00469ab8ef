"""The training steps: fit, prove, register, and promote what is proved."""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.spine import Spine
from tessera.champions import load_parent, load_version
from tessera.errors import TesseraError
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.provenance import provenance
from tessera.settings import Settings
from tessera.tuning import PlannedSegment, plan_tuning, refuse_unknown_features
from training.backtest import Fold, fresh_fold, load_folds
from training.comparisons import control, placebo
from training.decision import Decision
from training.diversity import above_floor
from training.evaluation import FoldReader
from training.gate import decide
from training.parent import train_global
from training.policies import Promotion
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
    """

    store: Store
    settings: Settings
    registry: Registry
    as_of: date
    reason: str = ""
    promote: bool = True

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
        promoted = self._promoted(registration, version, expected)
        row = self._row(registration, version, promoted)
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

    @property
    def promotion(self) -> Promotion:
        """Whether the gate may move the champion alias."""
        return self.settings.promotion

    def _promoted(self, registration: Registration, version: str, expected: str | None) -> bool:
        if not (self.promote and registration.decision.serves) or self.promotion == "never":
            return False
        if self.promotion == "auto":
            promotion = self.registry.promote(registration.name, version, expected, self.reason)
            log.info("%s v%s: %s", registration.name, version, promotion.reason)
            return promotion.done
        # proved, and waiting for a person: what is not proved is no challenger
        self.registry.propose(registration.name, version)
        return False

    def _row(self, registration: Registration, version: str, promoted: bool) -> dict[str, Any]:
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
            "detail": json.dumps({"reason": self.reason, "windows": _windows(registration.decision)}),
        }


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
            registration = submit_global(
                trained, self.settings.training, provenance(self.source), Path(folder), _notes(self.reason)
            )
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
    def promotion(self) -> Promotion:
        """The segment's own policy."""
        return self.planned.policy.promotion

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
            notes=(self.planned.sentence(), *_notes(self.reason)),
        )
        return replace(registration, parameters={**registration.parameters, **self.planned.parameters()})

    def _folds(self, spine: Spine) -> list[Fold]:
        """The parent's windows, and the days since it was trained, which no model has seen."""
        folds = load_folds(self.settings.backtests, spine.as_of)
        fresh = fresh_fold(spine, spine.as_of, self.as_of)
        return [*folds, fresh] if fresh else folds


def _windows(decision: Decision) -> list[dict[str, Any]]:
    return [asdict(window) for window in decision.by_window]


def _notes(reason: str) -> tuple[str, ...]:
    return (f"Trained because: {reason}.",) if reason else ()
