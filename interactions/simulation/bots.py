"""Accounts that are no people: scrapers that read everything, and pushers that pretend to want one item."""

from __future__ import annotations

from datetime import date

import numpy as np

from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Ints
from interactions.simulation.journal import Journal, empty
from interactions.simulation.population import Population
from interactions.simulation.scenario import Scenario
from interactions.simulation.sessions import DAY_US
from interactions.simulation.words import CART, CHANNELS, CLICK, DEVICES, VIEW

ACTIVE_DAYS = 1 / 6


def day_bots(
    scenario: Scenario, population: Population, catalogue: Catalogue, day: date, rng: np.random.Generator
) -> Journal:
    """What the bots do on ``day``: at a steady pace round the clock, without sessions.

    Every second bot is a scraper (views of random items), the others push the one item they were made for.
    """
    number = (day - scenario.start).days
    usual = np.arange(len(population.bot)) < scenario.users + scenario.bot_count  # behind them stand the waves
    bots = np.flatnonzero(population.bot & usual & (population.joined < number * DAY_US))
    bots = bots[rng.random(len(bots)) < ACTIVE_DAYS]
    return bot_journal(np.repeat(bots, rng.poisson(scenario.bot_events, len(bots))), catalogue, number, rng)


def bot_journal(user: Ints, catalogue: Catalogue, number: int, rng: np.random.Generator) -> Journal:
    """One event for every entry of ``user`` on day ``number``."""
    n = len(user)
    if n == 0:
        return empty()
    on_sale = np.flatnonzero(catalogue.arrival <= number)
    pushes = user % 2 == 1
    pushed = on_sale[0] + (user * 7919) % len(catalogue.names)
    pushed = np.where(np.isin(pushed, on_sale), pushed, on_sale[0])
    kind = np.where(pushes, rng.choice([VIEW, CLICK, CART], n, p=[0.5, 0.3, 0.2]), VIEW)
    none = np.full(n, -1)
    return Journal(
        user=user,
        item=np.where(pushes, pushed, on_sale[rng.integers(0, len(on_sale), n)]),
        kind=kind,
        ts=number * DAY_US + rng.integers(0, DAY_US, n),
        value=np.full(n, np.nan),
        session=none,
        device=np.full(n, DEVICES.index("desktop")),
        channel=np.full(n, CHANNELS.index("direct")),
        page=none,
    )


def expected_bot_events(scenario: Scenario) -> float:
    """About how many events all bots make in the period (those that join late make fewer)."""
    return scenario.bot_count * scenario.days * ACTIVE_DAYS * scenario.bot_events * (1 - scenario.newcomers / 2)
