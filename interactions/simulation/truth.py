"""What was planted, written beside the events so that later checks can compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Ints
from interactions.simulation.delivery import write_table
from interactions.simulation.drift import Drift
from interactions.simulation.loading import plain
from interactions.simulation.population import Population
from interactions.simulation.scenario import Scenario
from interactions.simulation.words import STYLES, TIERS
from warehouse.windows import Window


@dataclass(frozen=True)
class Truth:
    """What a simulation wrote.

    Attributes:
        folder: the root of the deliveries; ``truth/`` lies in it.
        window: the simulated days.
        users, bots, items: how many exist by the end (``users`` without the bots).
        events: delivered rows; ``late`` of them after their day, ``duplicates`` of them second copies.
        segments: users (without bots) of each planted segment at the start.
        drifts: the script.
    """

    folder: Path
    window: Window
    users: int
    bots: int
    items: int
    events: int
    late: int
    duplicates: int
    segments: Mapping[str, int]
    drifts: tuple[Drift, ...]


def write_scenario(folder: Path, scenario: Scenario) -> None:
    """Write ``truth/scenario.yaml`` (also the mark of a folder of ours), ``drift.yaml`` and ``segments.yaml``."""
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    _write_yaml(truth / "scenario.yaml", plain(scenario))
    _write_yaml(truth / "drift.yaml", {"drifts": plain(scenario.drifts)})
    _write_yaml(truth / "segments.yaml", {"segments": plain(scenario.segments)})


def write_truth(folder: Path, scenario: Scenario, catalogue: Catalogue, first: Population, last: Population) -> None:
    """Write ``truth/users.parquet`` (segment at the start and at the end, bot) and ``truth/items.parquet``."""
    names = scenario.names
    users = {
        "user_id": pa.array(first.names, pa.string()),
        "segment": _named(names, first.segment),
        "segment_at_end": _named(names, last.segment),
        "bot": pa.array(first.bot),
    }
    items = {
        "item_id": pa.array(catalogue.names, pa.string()),
        "style": _named(tuple(STYLES), catalogue.style),
        "tier": _named(TIERS, catalogue.tier),
        "quality": pa.array(catalogue.quality),
        "popularity": pa.array(catalogue.weight),
    }
    write_table(pa.table(users), folder / "truth" / "users.parquet")
    write_table(pa.table(items), folder / "truth" / "items.parquet")


def segment_sizes(scenario: Scenario, population: Population) -> dict[str, int]:
    """The number of users (without bots) of each planted segment."""
    counts = np.bincount(population.segment[~population.bot], minlength=len(scenario.segments))
    return {name: int(count) for name, count in zip(scenario.names, counts, strict=True)}


def _named(words: tuple[str, ...], codes: Ints) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(codes))


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
