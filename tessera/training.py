"""The training steps: fit, prove, register, and promote what is proved."""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.spine import Spine
from tessera.champions import load_parent, load_version
from tessera.lake import LakeSource
from tessera.membership import Membership
from tessera.provenance import provenance
from tessera.settings import Settings
from training.backtest import Fold, fresh_fold, load_folds
from training.comparisons import control, placebo
from training.decision import Decision
from training.evaluation import FoldReader
from training.gate import decide
from training.parent import train_global
from training.registry import Registry
from training.strategies import SegmentTask, strategy
from training.submission import submit_global, submit_segment
from training.versions import GLOBAL, Registration, model_name
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)


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

    def _promoted(self, registration: Registration, version: str, expected: str | None) -> bool:
        if not (self.promote and registration.decision.serves):
            return False
        if self.settings.promotion == "auto":
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
    strategy: str = "head"

    def run(self) -> dict[str, Any]:
        """Train, prove, register; returns version and verdict."""
        parent, spine = load_parent(self.registry, self.settings, self.as_of)
        names = self.membership.names()
        task = SegmentTask(
            segment_id=self.segment,
            source=self.source,
            folds=self._folds(spine),
            spine=spine,
            assignments=self.membership.at,
            as_of=self.as_of,
            settings=self.settings.training,
            parent_version=parent.version,
            # model, placebo and control read the same folds
            reader=self.reader,
        )
        chosen = strategy(self.strategy)
        challenger = chosen.challenge(task)
        decision = decide(challenger.evaluation, self.settings.training.gate, comparisons=len(names))
        champion = self.registry.champion(model_name(self.segment))
        beside = self.settings.training
        with tempfile.TemporaryDirectory() as folder:
            registration = submit_segment(
                task,
                challenger,
                decision,
                provenance(self.source),
                Path(folder),
                names[self.segment],
                placebo=placebo(task, chosen, self.settings.seed) if beside.placebo else float("nan"),
                control=control(task) if beside.control else float("nan"),
                notes=_notes(self.reason),
            )
            return self.conclude(registration, champion.version if champion else None)

    def _folds(self, spine: Spine) -> list[Fold]:
        """The parent's windows, and the days since it was trained, which no model has seen."""
        folds = load_folds(self.settings.backtests, spine.as_of)
        fresh = fresh_fold(spine, spine.as_of, self.as_of)
        return [*folds, fresh] if fresh else folds


def _windows(decision: Decision) -> list[dict[str, Any]]:
    return [asdict(window) for window in decision.by_window]


def _notes(reason: str) -> tuple[str, ...]:
    return (f"Trained because: {reason}.",) if reason else ()
