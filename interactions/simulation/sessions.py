"""One day of sessions: who comes, when, on what, and for how many looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from interactions.simulation.chance import Floats, Ints, normalised, pick_rows
from interactions.simulation.population import Population
from interactions.simulation.scenario import Scenario
from interactions.simulation.seasons import volume, weekend_factor
from interactions.simulation.words import CHANNELS, DAY_PARTS, DEVICES

DAY_US = 86_400_000_000
_PART_US = DAY_US // len(DAY_PARTS)
_LOYALTY = 0.8  # the share of sessions on the user's own device and channel
_SESSION_SPACE = 1 << 24  # sessions a day that numbers have room for


@dataclass(frozen=True)
class Sessions:
    """The sessions of a day; ``begin`` in microseconds since the period began, ``views`` >= 1."""

    user: Ints
    number: Ints
    begin: Ints
    device: Ints
    channel: Ints
    views: Ints


def expected_rates(scenario: Scenario, population: Population, day: date) -> Floats:
    """The relative number of sessions of every user on ``day``; 0 on the day of signing up, which has exactly one."""
    number = (day - scenario.start).days
    active = population.living(number) & (population.joined // DAY_US != number)
    weekend = weekend_factor(scenario, day)[population.segment]
    return np.where(active, population.rate * weekend, 0.0) * volume(scenario, day)


def newcomers(population: Population, number: int) -> Ints:
    """The users (not bots) who sign up on day ``number``."""
    return np.flatnonzero((population.joined // DAY_US == number) & ~population.bot)


def day_sessions(
    scenario: Scenario, population: Population, day: date, scale: float, rng: np.random.Generator
) -> Sessions:
    """Draw the sessions of ``day``; ``scale`` turns relative rates into sessions."""
    number = (day - scenario.start).days
    counts = rng.poisson(scale * expected_rates(scenario, population, day))
    counts[newcomers(population, number)] = 1
    user = np.repeat(np.arange(len(counts)), counts)
    segment = population.segment[user]
    devices = np.stack([normalised(one.devices, DEVICES) for one in scenario.segments])
    channels = np.stack([normalised(one.channels, CHANNELS) for one in scenario.segments])
    mean_extra = np.array([one.views - 1 for one in scenario.segments])[segment]
    return Sessions(
        user=user,
        number=number * _SESSION_SPACE + np.arange(len(user)),
        begin=_begins(scenario, population, user, number, rng),
        device=_habit(population.device[user], devices[segment], rng),
        channel=_habit(population.channel[user], channels[segment], rng),
        views=rng.geometric(1.0 / (1.0 + mean_extra)),
    )


def _begins(scenario: Scenario, population: Population, user: Ints, number: int, rng: np.random.Generator) -> Ints:
    """A time in one of the segment's parts of the day, never before the user signed up."""
    profiles = np.stack([normalised(segment.day_parts, DAY_PARTS) for segment in scenario.segments])
    part = pick_rows(profiles[population.segment[user]], rng)
    within = rng.integers(0, _PART_US, len(user))
    begins: Ints = np.maximum(number * DAY_US + part * _PART_US + within, population.joined[user] + 60_000_000)
    return begins


def _habit(own: Ints, weights: Floats, rng: np.random.Generator) -> Ints:
    """Mostly the user's own choice, else any of the segment's."""
    other = pick_rows(weights, rng)
    return np.where(rng.random(len(own)) < _LOYALTY, own, other)
