"""The simulated users: their planted segment, their individual tastes and rhythms, and who moves where."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from interactions.simulation.chance import Bools, Floats, Ints, normalised, pick, pick_rows, stream
from interactions.simulation.scenario import PlantedSegment, Scenario, Shares
from interactions.simulation.words import CATEGORIES, CHANNELS, DEVICES, STYLES, TIERS
from warehouse.windows import midnight

Rows = NDArray[np.float32]
Array = TypeVar("Array", bound=NDArray[Any])
OTHER_CATEGORY = 0.4  # the weight of every category that a segment does not name
_DAY_US = 86_400_000_000
_STYLE_CONCENTRATION = 0.5
_TIER_CONCENTRATION = 12.0


@dataclass(frozen=True)
class Population:
    """The users (bots last); one entry a user in every array.

    ``segment`` is a code into the scenario's segments; ``rate`` the relative number of sessions a day (0 for bots);
    ``joined`` (microseconds since the period began; negative: before) and ``leaves`` (day number) bound their life;
    ``categories`` (n, 12), ``styles`` (n, 6) and ``tiers`` (n, 3) are their own tastes, rows adding up to one.
    """

    names: tuple[str, ...]
    segment: Ints
    bot: Bools
    rate: Floats
    joined: Ints
    leaves: Floats
    device: Ints
    channel: Ints
    country: tuple[str, ...]
    age: tuple[str, ...]
    income: tuple[str | None, ...]
    occupation: tuple[str, ...]
    gender: tuple[str | None, ...]
    categories: Rows
    styles: Rows
    tiers: Rows

    def living(self, number: int) -> Bools:
        """Who has signed up by the end of day ``number`` and has not left."""
        return (self.joined < (number + 1) * _DAY_US) & (self.leaves > number)


def make_population(scenario: Scenario) -> Population:
    """Deal the users and bots of ``scenario``; ids say nothing about the segment."""
    rng = stream(scenario.seed, "population")
    n = scenario.users + scenario.bot_count
    bot = np.arange(n) >= scenario.users
    shares = np.array([segment.share for segment in scenario.segments])
    segment = pick(shares, n, rng)
    joined = _sign_ups(scenario, n, rng)
    frequency = np.array([one.frequency for one in scenario.segments])[segment]
    spread = rng.lognormal(0.0, scenario.activity_spread, n)
    width = max(6, len(str(n)))
    deal = _Dealer(scenario, segment, rng)
    return Population(
        names=tuple(f"u{number:0{width}d}" for number in rng.permutation(n) + 1),
        segment=segment,
        bot=bot,
        rate=np.where(bot, 0.0, frequency * spread),
        joined=joined,
        leaves=np.maximum(joined // _DAY_US, 0) + 1 + rng.exponential(scenario.lifetime_days, n),
        device=deal.codes([one.devices for one in scenario.segments], DEVICES),
        channel=deal.codes([one.channels for one in scenario.segments], CHANNELS),
        country=deal.words([one.countries for one in scenario.segments]),
        age=deal.words([one.ages for one in scenario.segments]),
        income=_hidden(deal.words([one.incomes for one in scenario.segments]), 0.15, rng),
        occupation=deal.words([one.occupations for one in scenario.segments]),
        gender=_hidden(deal.words([{"F": one.women, "M": 1 - one.women} for one in scenario.segments]), 0.05, rng),
        categories=_tastes(scenario, segment, rng),
        styles=_proportions(np.full((n, len(STYLES)), _STYLE_CONCENTRATION), rng),
        tiers=_tiers(scenario.segments, segment, rng),
    )


def move(population: Population, scenario: Scenario, users: Ints, to: int, rng: np.random.Generator) -> Population:
    """``users`` become members of segment ``to``: tastes and rhythm are dealt anew; demographics stay.

    Their frequency is scaled by the two segments' frequencies, so that a busy user stays a busy one.
    """
    old = population.segment[users]
    segment = population.segment.copy()
    segment[users] = to
    frequency = np.array([one.frequency for one in scenario.segments])
    fresh = np.full(len(users), to)
    goal = scenario.segments[to]
    return dataclasses.replace(
        population,
        segment=segment,
        rate=_with(population.rate, users, population.rate[users] * frequency[to] / frequency[old]),
        device=_with(population.device, users, pick(normalised(goal.devices, DEVICES), len(users), rng)),
        channel=_with(population.channel, users, pick(normalised(goal.channels, CHANNELS), len(users), rng)),
        categories=_with(population.categories, users, _tastes(scenario, fresh, rng)),
        tiers=_with(population.tiers, users, _tiers(scenario.segments, fresh, rng)),
    )


def users_table(population: Population, start: date) -> pa.Table:
    """The users and bots as the rows of ``users.parquet``: nothing in it says who is a bot."""
    began = int(midnight(start).timestamp()) * 1_000_000
    texts: dict[str, Sequence[str | None]] = {
        "gender": population.gender,
        "age_band": population.age,
        "occupation": population.occupation,
        "income_band": population.income,
        "country": population.country,
    }
    return pa.table(
        {
            "user_id": pa.array(population.names, pa.string()),
            "signup_ts": pa.array(population.joined + began, pa.timestamp("us", tz="UTC")),
            **{name: pa.array(values, pa.string()) for name, values in texts.items()},
        }
    )


def _sign_ups(scenario: Scenario, n: int, rng: np.random.Generator) -> Ints:
    inside = rng.random(n) < scenario.newcomers
    before = -rng.exponential(scenario.lifetime_days, n) * _DAY_US
    during = rng.random(n) * scenario.days * _DAY_US
    return np.where(inside, during, before).astype(np.int64)


def _tastes(scenario: Scenario, segment: Ints, rng: np.random.Generator) -> Rows:
    centres = np.stack([normalised(one.categories, tuple(CATEGORIES), OTHER_CATEGORY) for one in scenario.segments])
    return _proportions(scenario.taste_concentration * centres[segment], rng)


def _tiers(segments: tuple[PlantedSegment, ...], segment: Ints, rng: np.random.Generator) -> Rows:
    centres = np.stack([normalised(one.tiers, TIERS) for one in segments])
    return _proportions(_TIER_CONCENTRATION * centres[segment], rng)


def _proportions(concentrations: Floats, rng: np.random.Generator) -> Rows:
    """One Dirichlet draw a row; the floor keeps rows of tiny concentrations from being all zero."""
    gammas = rng.standard_gamma(concentrations) + 1e-9
    rows: Rows = (gammas / gammas.sum(axis=1, keepdims=True)).astype(np.float32)
    return rows


@dataclass(frozen=True)
class _Dealer:
    """Deals one attribute after the other to users in ``segment``.

    Each time, the scenario's ``blur`` of them get what is usual in a random segment: people are no clichés.
    """

    scenario: Scenario
    segment: Ints
    rng: np.random.Generator

    def codes(self, shares: Sequence[Shares], words: Sequence[str]) -> Ints:
        """One code into ``words`` a user, by the ``shares`` of each segment."""
        n = len(self.segment)
        odd = self.rng.random(n) < self.scenario.blur
        segment = np.where(odd, self.rng.integers(0, len(shares), n), self.segment)
        return pick_rows(np.stack([normalised(one, words) for one in shares])[segment], self.rng)

    def words(self, shares: Sequence[Shares]) -> tuple[str, ...]:
        """The same as words: all that any segment names."""
        words = tuple(dict.fromkeys(word for one in shares for word in one))
        return tuple(words[code] for code in self.codes(shares, words))


def _hidden(values: tuple[str, ...], share: float, rng: np.random.Generator) -> tuple[str | None, ...]:
    """Some people do not say."""
    silent = rng.random(len(values)) < share
    return tuple(None if hide else value for value, hide in zip(values, silent, strict=True))


def _with(values: Array, at: Ints, new: NDArray[Any]) -> Array:
    changed = values.copy()
    changed[at] = new
    return changed
