"""Small registrations for the tests of the registry."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from training.decision import Decision
from training.gate import GateSettings, decide
from training.plots import gate_intervals
from training.versions import Registration


def evaluation() -> Decision:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"fold": np.repeat(["a", "b", "c"], 120), "user_id": [f"u{n}" for n in range(120)] * 3})
    rows["parent"] = rng.beta(1, 6, len(rows))
    rows["challenger"] = rows["parent"] + 0.02 + rng.normal(0, 0.03, len(rows))
    return decide(rows, GateSettings(minimum_users=100))


def registration(folder: Path, segment_id: str, as_of: date = date(2026, 3, 1)) -> Registration:
    artifact = folder / f"artifact-{segment_id}"
    artifact.mkdir(exist_ok=True)
    (artifact / "manifest.json").write_text(json.dumps({"kind": "head", "segment_id": segment_id}))
    (artifact / "prior.npz").write_bytes(bytes(range(256)) * 64)
    decision = evaluation()
    return Registration(
        segment_id=segment_id,
        segment_name="Quiet evening shoppers",
        artifact=artifact,
        as_of=as_of,
        strategy="head",
        decision=decision,
        snapshots={"interactions": 12, "items": 3},
        data_hash="d" * 64,
        code_version="0.1.0",
        settings_hash="s" * 8,
        parent_version="4",
        parameters={"prior_weight": 2.0, "strength": 50},
        metrics={"ndcg@10": 0.21, "ndcg@10.parent": 0.19},
        plots=(gate_intervals(decision, folder / "gate.png"),),
        placebo=0.001,
    )
