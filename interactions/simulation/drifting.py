"""The scripted drift: whose tastes, whose segment and which popularity are other than they were."""

from __future__ import annotations

from datetime import date

import numpy as np

from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Floats, Ints, normalised, stream
from interactions.simulation.drift import Drift
from interactions.simulation.population import Population, Rows, move
from interactions.simulation.scenario import Scenario
from interactions.simulation.words import CATEGORIES, TIERS

_OF_TASTE = ("taste", "catalogue", "season")


def drifted_tastes(scenario: Scenario, day: date, segment: Ints, rows: Rows, words: str) -> Rows:
    """The taste ``rows`` (n, k) of users in ``segment`` (n,) as they are on ``day``.

    ``words`` is ``categories`` or ``tiers``. A drift at level L takes the share L of the choices to its goal.
    """
    names = tuple(CATEGORIES) if words == "categories" else TIERS
    for drift in scenario.drifts:
        goal, level = getattr(drift, words), drift.level(day)
        if drift.kind not in _OF_TASTE or not goal or level == 0:
            continue
        touched = (segment == scenario.names.index(drift.segment)) if drift.segment else np.ones(len(rows), bool)
        shifted = (1 - level) * rows + level * normalised(goal, names)
        rows = np.where(touched[:, None], shifted, rows).astype(np.float32)
    return rows


def drifted_popularity(scenario: Scenario, catalogue: Catalogue, day: date) -> Floats:
    """The popularity of the items on ``day``: a catalogue drift at level L deals the share L of it anew."""
    weights = catalogue.popularity((day - scenario.start).days)
    for at, drift in enumerate(scenario.drifts):
        if drift.kind == "catalogue" and drift.level(day) > 0:
            dealt = stream(scenario.seed, "drift", at).permutation(catalogue.weight)
            level = drift.level(day)
            weights = np.where(weights > 0, (1 - level) * weights + level * dealt, 0.0)
    return weights


def drifted_prices(scenario: Scenario, catalogue: Catalogue, day: date) -> Floats:
    """What each item costs on ``day``: a price shock multiplies the prices of its items by its factor.

    ``strength`` is the share of items that it hits; while it ramps up, the factor grows from 1 in equal ratios.
    """
    prices = catalogue.price
    for at, drift in enumerate(scenario.drifts):
        if drift.kind == "price_shock" and drift.factor is not None and drift.level(day) > 0:
            hit = stream(scenario.seed, "drift", at).random(len(prices)) < drift.strength
            if drift.categories:
                hit &= np.isin(catalogue.category, [list(CATEGORIES).index(name) for name in drift.categories])
            prices = np.where(hit, prices * drift.factor ** (drift.level(day) / drift.strength), prices)
    return prices


def moved_users(scenario: Scenario, population: Population, day: date) -> Population:
    """The population after the mix drifts that begin on ``day``."""
    for at, drift in enumerate(scenario.drifts):
        if drift.kind == "mix" and drift.day == day:
            population = _moved(scenario, population, drift, stream(scenario.seed, "drift", at))
    return population


def _moved(scenario: Scenario, population: Population, drift: Drift, rng: np.random.Generator) -> Population:
    goal = scenario.names.index(str(drift.to))
    members = np.flatnonzero((population.segment == scenario.names.index(str(drift.segment))) & ~population.bot)
    movers = np.sort(rng.choice(members, round(drift.strength * len(members)), replace=False))
    return move(population, scenario, movers, goal, rng)
