"""From a trained model to what is registered: the artifact folder, the pictures and the text's facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recommender import artifact
from recommender.settings import SpineSettings
from training.decision import Decision
from training.parent import TrainedParent
from training.plots import gate_intervals, metric_by_segment, tuning_trace
from training.settings import TrainingSettings
from training.task import Challenger, SegmentTask
from training.versions import GLOBAL, Registration


@dataclass(frozen=True)
class Provenance:
    """What a model was made from.

    Args:
        snapshots: table name to Delta version.
        data_hash: one hash over them.
        code_version: of the code.
    """

    snapshots: Mapping[str, int] = field(default_factory=dict)
    data_hash: str = ""
    code_version: str = ""


def submit_segment(
    task: SegmentTask,
    challenger: Challenger,
    decision: Decision,
    provenance: Provenance,
    folder: Path,
    segment_name: str,
    placebo: float = float("nan"),
    control: float = float("nan"),
    notes: Sequence[str] = (),
) -> Registration:
    """Write a segment's model and pictures under ``folder`` and say what to register."""
    facts = {"as_of": task.as_of.isoformat(), "strategy": challenger.strategy, "parent_version": task.parent_version}
    artifact.save(challenger.model, folder / "model", facts)
    plots = [gate_intervals(decision, folder / "gate.png")]
    if challenger.trace:
        plots.append(tuning_trace(challenger.trace, challenger.trace[0], folder / "tuning.png"))
    return Registration(
        segment_id=task.segment_id,
        segment_name=segment_name,
        artifact=folder / "model",
        as_of=task.as_of,
        strategy=challenger.strategy,
        decision=decision,
        snapshots=provenance.snapshots,
        data_hash=provenance.data_hash,
        code_version=provenance.code_version,
        settings_hash=task.settings.hash(),
        parent_version=task.parent_version or None,
        parameters=challenger.parameters,
        metrics=challenger.metrics,
        plots=tuple(plots),
        placebo=placebo,
        control=control,
        notes=tuple(notes),
    )


def submit_global(
    trained: TrainedParent,
    settings: TrainingSettings,
    provenance: Provenance,
    folder: Path,
    notes: Sequence[str] = (),
) -> Registration:
    """Write the global model and pictures under ``folder`` and say what to register."""
    as_of = trained.spine.as_of
    artifact.save(trained.spine, folder / "model", {"as_of": as_of.isoformat(), "strategy": "two-stage"})
    plots = [metric_by_segment(trained.segments, folder / "segments.png")] if trained.segments else []
    if trained.decision.by_window:
        plots.append(gate_intervals(trained.decision, folder / "gate.png"))
    return Registration(
        segment_id=GLOBAL,
        segment_name="Everybody",
        artifact=folder / "model",
        as_of=as_of,
        strategy="two-stage",
        decision=trained.decision,
        snapshots=provenance.snapshots,
        data_hash=provenance.data_hash,
        code_version=provenance.code_version,
        settings_hash=settings.hash(),
        parameters=_spine_parameters(settings.spine),
        metrics=trained.metrics,
        plots=tuple(plots),
        notes=(*trained.notes, *notes),
    )


def _spine_parameters(settings: SpineSettings) -> dict[str, object]:
    """Every generator's parameters under its name."""
    plain = settings.to_json()
    generators = {entry["name"]: {"kind": entry["kind"], **entry["parameters"]} for entry in plain.pop("generators")}
    return _flat(plain | {"blend": settings.weights, "generator": generators})


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
