"""What a session looks at: by taste, by popularity, or again what the user liked before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Floats, Ints, pick_between, pick_rows
from interactions.simulation.drifting import drifted_popularity, drifted_tastes
from interactions.simulation.journal import Journal
from interactions.simulation.population import Population
from interactions.simulation.scenario import Scenario
from interactions.simulation.seasons import category_season
from interactions.simulation.sessions import Sessions
from interactions.simulation.words import CATEGORIES, PAGES, STYLES, TIERS, VIEW

_FOCUS = 0.6  # the share of a session's looks that stay in its category
_RETURN = 0.08  # the share of looks at something the user liked before
_MEMORY = 8  # liked items that a user remembers
_LISTING, _SEARCH, _POPULAR, _HISTORY = range(len(PAGES))


class Memory:
    """The last items that each user liked, a bounded sample: ``items`` (users, 8), -1 for none."""

    def __init__(self, users: int) -> None:
        self.items = np.full((users, _MEMORY), -1, np.int32)

    def recall(self, user: Ints, rng: np.random.Generator) -> Ints:
        """One remembered item for each of ``user``, -1 where nothing comes to mind."""
        return self.items[user, rng.integers(0, _MEMORY, len(user))].astype(np.int64)

    def keep(self, user: Ints, item: Ints, rng: np.random.Generator) -> None:
        """Remember that ``user`` liked ``item``, in the place of something else."""
        self.items[user, rng.integers(0, _MEMORY, len(user))] = item


@dataclass(frozen=True)
class Looks:
    """The views of a day and, for each, the log of how much more than average the user likes the item's kind."""

    views: Journal
    match: Floats


def day_looks(
    scenario: Scenario,
    population: Population,
    catalogue: Catalogue,
    memory: Memory,
    sessions: Sessions,
    day: date,
    rng: np.random.Generator,
) -> Looks:
    """Choose the items that ``sessions`` look at, in the order in which they are looked at."""
    of = np.repeat(np.arange(len(sessions.user)), sessions.views)
    user = sessions.user[of]
    segment = population.segment[user]
    season = category_season(scenario, day).astype(np.float32)
    likes = drifted_tastes(scenario, day, segment, population.categories[user], "categories") * season
    tiers = drifted_tastes(scenario, day, segment, population.tiers[user], "tiers")
    styles = population.styles[user]

    cumulated = np.concatenate([[0.0], np.cumsum(drifted_popularity(scenario, catalogue, day))])
    first = np.concatenate([[0], np.cumsum(sessions.views)[:-1]]) if len(of) else np.empty(0, np.int64)
    category = pick_rows(likes, rng)
    category = np.where(rng.random(len(of)) < _FOCUS, category[first][of] if len(of) else category, category)
    item = _from_cells(catalogue, cumulated, category, pick_rows(styles, rng), pick_rows(tiers, rng), rng)
    item, page = _elsewhere(scenario, memory, cumulated, user, item, rng)

    at = np.arange(len(of))
    match = likes[at, catalogue.category[item]] * styles[at, catalogue.style[item]] * tiers[at, catalogue.tier[item]]
    average = 1.0 / (len(CATEGORIES) * len(STYLES) * len(TIERS))
    return Looks(_views(sessions, of, first, user, item, page, rng), np.log(match / average + 1e-6))


def _from_cells(
    catalogue: Catalogue, cumulated: Floats, category: Ints, style: Ints, tier: Ints, rng: np.random.Generator
) -> Ints:
    """An item of the wanted category, style and tier by popularity; of the category where no such item exists."""
    cell = catalogue.cell(category, style, tier)
    low, high = catalogue.cells[cell], catalogue.cells[cell + 1]
    whole = len(STYLES) * len(TIERS)
    vacant = cumulated[high] <= cumulated[low]
    low = np.where(vacant, catalogue.cells[category * whole], low)
    high = np.where(vacant, catalogue.cells[(category + 1) * whole], high)
    return pick_between(cumulated, low, high, rng)


def _elsewhere(
    scenario: Scenario, memory: Memory, cumulated: Floats, user: Ints, item: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Replace a share of the choices by popular items and by remembered ones; say on which page each was."""
    n = len(user)
    everything = np.zeros(n, np.int64)
    popular = pick_between(cumulated, everything, everything + len(cumulated) - 1, rng)
    remembered = memory.recall(user, rng)
    by_popularity = rng.random(n) >= scenario.taste_share
    by_memory = (rng.random(n) < _RETURN) & (remembered >= 0)
    page = np.where(rng.random(n) < 0.3, _SEARCH, _LISTING)
    page = np.where(by_popularity, _POPULAR, page)
    item = np.where(by_popularity, popular, item)
    return np.where(by_memory, remembered, item), np.where(by_memory, _HISTORY, page)


def _views(
    sessions: Sessions, of: Ints, first: Ints, user: Ints, item: Ints, page: Ints, rng: np.random.Generator
) -> Journal:
    """A look every 40 seconds or so, counted from the begin of the session."""
    gaps = (rng.lognormal(3.5, 0.6, len(of)) * 1e6).astype(np.int64)
    elapsed = np.cumsum(gaps) - gaps
    return Journal(
        user=user,
        item=item,
        kind=np.full(len(of), VIEW),
        ts=sessions.begin[of] + elapsed - (elapsed[first][of] if len(of) else elapsed),
        value=np.full(len(of), np.nan),
        session=sessions.number[of],
        device=sessions.device[of],
        channel=sessions.channel[of],
        page=page,
    )
