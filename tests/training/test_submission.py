from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recommender import artifact
from recommender.head import SegmentHead
from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, planted_world
from tests.training.registrations import evaluation
from training.description import describe, tags
from training.parent import train_global
from training.settings import BacktestSettings
from training.strategies import SegmentTask, strategy
from training.submission import Provenance, submit_global, submit_segment

QUICK = replace(SETTINGS, backtest=BacktestSettings(gate_windows=1, tune_windows=1))


def test_what_is_submitted_loads_again_and_says_where_it_came_from(tmp_path: Path) -> None:
    world = planted_world(users=400)
    provenance = Provenance({"interactions": 5}, "h" * 64, "1.2.3")
    trained = train_global(world, AS_OF, QUICK, tmp_path / "folds", assignments=world.assignments)
    parent = submit_global(trained, QUICK, provenance, tmp_path / "global")
    assert isinstance(artifact.load(parent.artifact, "global"), Spine)
    assert parent.parameters["ranker.trees"] == QUICK.spine.ranker.trees
    assert [plot.name for plot in parent.plots] == ["segments.png"]

    task = SegmentTask("a", world, trained.folds, trained.spine, world.assignments, AS_OF, QUICK, "1")
    challenger = strategy("head").challenge(task)
    asked = submit_segment(task, challenger, evaluation(), provenance, tmp_path / "a", "Odd ones")
    head = artifact.load(asked.artifact, "a")
    assert isinstance(head, SegmentHead)
    assert head.parent_version == "1"
    assert [plot.name for plot in asked.plots] == ["gate.png", "tuning.png"]
    assert all(plot.read_bytes().startswith(b"\x89PNG") for plot in asked.plots)
    assert tags(asked)["settings_hash"] == QUICK.hash()
    assert "interactions@5" in describe(asked)
    assert "measured against `tessera-global` version 1" in describe(asked)
