"""Waves of bots: accounts that nobody has seen before, and that act every day round the clock."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import numpy as np

from interactions.simulation.bots import bot_journal
from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Ints, stream
from interactions.simulation.drift import Drift
from interactions.simulation.journal import Journal, empty, joined
from interactions.simulation.population import Population
from interactions.simulation.scenario import Scenario
from interactions.simulation.sessions import DAY_US


def with_waves(scenario: Scenario, population: Population) -> Population:
    """The population with the accounts of every scripted wave behind it, in the order of the script.

    They claim to be like anybody: what ``users.parquet`` says of each is copied from a random user.
    """
    for at, drift in enumerate(scenario.drifts):
        if drift.kind == "bot_wave":
            rng = stream(scenario.seed, "drift", at)
            population = _with_wave(scenario, population, drift, rng)
    return population


def day_waves(scenario: Scenario, catalogue: Catalogue, day: date) -> Journal:
    """What the waves that act on ``day`` do: ``bot_events`` an account."""
    number = (day - scenario.start).days
    first, parts = scenario.users + scenario.bot_count, [empty()]
    for at, drift in enumerate(scenario.drifts):
        if drift.kind == "bot_wave":
            accounts = np.arange(first, first + _size(scenario, drift))
            first += len(accounts)
            rng = stream(scenario.seed, "waves", number * len(scenario.drifts) + at)
            events = rng.poisson(scenario.bot_events, len(accounts)) * (drift.level(day) > 0)
            parts.append(bot_journal(np.repeat(accounts, events), catalogue, number, rng))
    return joined(parts)


def _with_wave(scenario: Scenario, population: Population, drift: Drift, rng: np.random.Generator) -> Population:
    size, known = _size(scenario, drift), len(population.names)
    number = (drift.day - scenario.start).days
    likes = rng.integers(0, scenario.users, size)
    copied = {f.name: _extended(getattr(population, f.name), likes) for f in dataclasses.fields(population)}
    width = len(population.names[0]) - 1
    own: dict[str, Any] = {
        "names": (*population.names, *(f"u{known + n + 1:0{width}d}" for n in range(size))),
        "bot": np.append(population.bot, np.ones(size, bool)),
        "rate": np.append(population.rate, np.zeros(size)),
        "joined": np.append(population.joined, number * DAY_US - rng.integers(1, DAY_US, size)),
    }
    return Population(**(copied | own))


def _size(scenario: Scenario, drift: Drift) -> int:
    return max(1, round(drift.strength * scenario.users))


def _extended(values: Any, likes: Ints) -> Any:
    if isinstance(values, tuple):
        return (*values, *(values[like] for like in likes))
    return np.concatenate([values, values[likes]])
