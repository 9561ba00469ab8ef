"""What a registered model version says of itself, and the names that MLflow knows models by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from training.decision import Decision

GLOBAL = "global"
CHAMPION = "champion"
CHALLENGER = "challenger"
# the folder of a run under which the model's files lie
MODEL_FOLDER = "model"


def model_name(segment_id: str) -> str:
    """The registered model of a segment, or of the parent for :data:`GLOBAL`: ``tessera-<segment_id>``."""
    return f"tessera-{segment_id}"


@dataclass(frozen=True)
class Version:
    """A registered model version, as read from MLflow."""

    name: str
    version: str
    run_id: str
    tags: Mapping[str, str]
    description: str = ""

    @property
    def as_of(self) -> date:
        """The day before which all of its training events lie."""
        return date.fromisoformat(self.tags["as_of"])

    @property
    def parent_version(self) -> str | None:
        """The version of the global model that it was proved on; ``None`` for a global model."""
        return self.tags.get("parent_version") or None


@dataclass(frozen=True)
class Registration:
    """Everything that is registered with one model.

    Args:
        segment_id: whose model it is; :data:`GLOBAL` for the parent.
        segment_name: the name that a person understands.
        artifact: the folder that ``recommender.artifact.save`` wrote.
        as_of: events before this day were used.
        strategy: how it was made.
        decision: the gate's answer.
        snapshots: table name to Delta version, what it was trained on.
        data_hash: one hash over those.
        code_version: of the code that trained it.
        settings_hash: of the settings it was trained with.
        parent_version: the global version it was proved on.
        parameters: the tuned and the fixed ones.
        metrics: overall (``ndcg@10``) and per segment (``ndcg@10.s1``).
        plots: picture files to keep with the run.
        placebo: the difference that a random group of the same size reached; NaN when not run.
        control: the difference that the parent reached with the same extra budget; NaN when not run.
        notes: further sentences for the description, such as fewer windows than asked for.
    """

    segment_id: str
    segment_name: str
    artifact: Path
    as_of: date
    strategy: str
    decision: Decision
    snapshots: Mapping[str, int] = field(default_factory=dict)
    data_hash: str = ""
    code_version: str = ""
    settings_hash: str = ""
    parent_version: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    plots: tuple[Path, ...] = ()
    placebo: float = float("nan")
    control: float = float("nan")
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The registered model's name."""
        return model_name(self.segment_id)
