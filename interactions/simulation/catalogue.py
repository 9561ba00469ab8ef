"""The simulated catalogue: what items are, what they cost and how popular they are on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from interactions.simulation.chance import Floats, Ints, pick, stream
from interactions.simulation.scenario import Scenario
from interactions.simulation.words import BRAND_SYLLABLES, CATEGORIES, STYLES, TIER_FACTOR, TIERS
from warehouse.windows import midnight

_TIER_MIX = np.array([0.4, 0.4, 0.2])
_NOVELTY_DAYS = 10.0


@dataclass(frozen=True)
class Catalogue:
    """The items, sorted by category, then style, then tier, so that a cell of the three is one slice.

    Arrays have one entry an item: codes into the words, ``price``, latent ``quality`` (standard normal), Zipf
    ``weight``, ``arrival`` (day number on which it appears; negative: before the period) and the trend bursts
    (``burst`` day number, -1000 for none). ``cells`` (cells + 1,) are the bounds of the slices.
    """

    names: tuple[str, ...]
    category: Ints
    style: Ints
    tier: Ints
    brand: tuple[str, ...]
    price: Floats
    quality: Floats
    weight: Floats
    arrival: Ints
    burst: Ints
    cells: Ints

    def cell(self, category: Ints, style: Ints, tier: Ints) -> Ints:
        """The number of the cell of each (category, style, tier)."""
        return (category * len(STYLES) + style) * len(TIERS) + tier

    def popularity(self, number: int) -> Floats:
        """The weights of the items on day ``number`` of the period: 0 before they appear, raised while new or hot."""
        age = number - self.arrival
        novelty = 1.0 + 2.0 * np.exp(-np.maximum(age, 0) / _NOVELTY_DAYS) * (self.arrival > 0)
        hot = 1.0 + 9.0 * ((number >= self.burst) & (number < self.burst + 7))
        return np.where(age >= 0, self.weight * novelty * hot, 0.0)


def make_catalogue(scenario: Scenario) -> Catalogue:
    """Deal the items of ``scenario``: every category gets its share, popularity follows Zipf by random rank."""
    rng = stream(scenario.seed, "catalogue")
    n = scenario.items
    category = np.sort(np.concatenate([np.arange(len(CATEGORIES)), rng.integers(0, len(CATEGORIES), n)])[:n])
    style = rng.integers(0, len(STYLES), n)
    tier = pick(_TIER_MIX, n, rng)
    order = np.lexsort((tier, style, category))
    category, style, tier = category[order], style[order], tier[order]
    typical = np.array([price for price, _, _ in CATEGORIES.values()])
    price = np.round(typical[category] * np.array(TIER_FACTOR)[tier] * rng.lognormal(0.0, 0.2, n), 2)
    cells = (category * len(STYLES) + style) * len(TIERS) + tier
    return Catalogue(
        names=_shuffled_names("i", n, rng),
        category=category,
        style=style,
        tier=tier,
        brand=_brands(category, tier, rng),
        price=price,
        quality=rng.normal(size=n),
        weight=np.power(1.0 + rng.permutation(n), -scenario.zipf).astype(np.float64),
        arrival=_arrivals(scenario, category, rng),
        burst=np.where(rng.random(n) < scenario.trends, rng.integers(0, scenario.days, n), -1000),
        cells=np.searchsorted(cells, np.arange(len(CATEGORIES) * len(STYLES) * len(TIERS) + 1)),
    )


def items_table(catalogue: Catalogue, start: date) -> pa.Table:
    """The catalogue as the rows of ``items.parquet``; titles and texts carry the words of category and style."""
    rng = np.random.default_rng(len(catalogue.names))
    kinds, styles = list(CATEGORIES), list(STYLES.values())
    titles, texts = [], []
    for at, (category, style) in enumerate(zip(catalogue.category, catalogue.style, strict=True)):
        _, nouns, words = CATEGORIES[kinds[category]]
        noun, word = nouns[rng.integers(len(nouns))], words[rng.integers(len(words))]
        first, second = rng.permutation(styles[style])[:2]
        titles.append(f"{first.capitalize()} {noun} by {catalogue.brand[at]}")
        texts.append(f"A {first}, {second} {noun} for {kinds[category]}: {word}, {TIERS[catalogue.tier[at]]} range.")
    return pa.table(
        {
            "item_id": pa.array(catalogue.names, pa.string()),
            "title": pa.array(titles, pa.string()),
            "category": pa.array([kinds[code] for code in catalogue.category], pa.string()),
            "brand": pa.array(catalogue.brand, pa.string()),
            "price": pa.array(catalogue.price, pa.float64()),
            "text": pa.array(texts, pa.string()),
            "available_from": pa.array(
                [midnight(start + timedelta(days=int(day))) for day in catalogue.arrival], pa.timestamp("us", tz="UTC")
            ),
        }
    )


def _shuffled_names(prefix: str, count: int, rng: np.random.Generator) -> tuple[str, ...]:
    width = max(5, len(str(count)))
    return tuple(f"{prefix}{number:0{width}d}" for number in rng.permutation(count) + 1)


def _brands(category: Ints, tier: Ints, rng: np.random.Generator) -> tuple[str, ...]:
    """Three brands for every category and tier; the names repeat over categories, as brands do."""
    heads, tails = BRAND_SYLLABLES
    known = [head + tail for head in heads for tail in tails]
    code = (category * 7 + tier * 3 + rng.integers(0, 3, len(category))) % len(known)
    return tuple(known[one] for one in code)


def _arrivals(scenario: Scenario, category: Ints, rng: np.random.Generator) -> Ints:
    """Most items are older than the period; the first of each category always is, so that no choice is empty."""
    n = len(category)
    old = -rng.integers(0, 720, n)
    arrival = np.where(rng.random(n) < scenario.new_items, rng.integers(0, scenario.days, n), old)
    first = np.unique(category, return_index=True)[1]
    arrival[first] = old[first]
    return arrival
