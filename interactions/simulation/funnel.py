"""From looks to clicks, carts, purchases, returns and ratings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactions.simulation.catalogue import Catalogue
from interactions.simulation.chance import Bools, Floats, Ints
from interactions.simulation.choices import Looks
from interactions.simulation.journal import Journal, joined
from interactions.simulation.words import CART, CLICK, DWELL, PURCHASE, RATING, RETURN, WISH

_SECOND = 1_000_000
_USUAL_MATCH = 1.5  # people mostly look at what they like: this much more than average is nothing special


@dataclass(frozen=True)
class Rates:
    """The mean chances of the funnel: each is of the step named before it, before liking raises or lowers it."""

    click: float = 0.35  # of views
    dwell: float = 0.6  # of clicks: measured long enough to be reported
    cart: float = 0.22  # of clicks
    wish: float = 0.08  # of clicks that do not end in the cart
    purchase: float = 0.5  # of carts
    returned: float = 0.06  # of purchases
    rating: float = 0.2  # of purchases


def day_funnel(catalogue: Catalogue, prices: Floats, looks: Looks, rng: np.random.Generator) -> Journal:
    """The views and everything that follows from them, also on later days (returns and ratings).

    ``prices`` (one an item) are those of the day: what costs twice as much as usual is bought half as often.
    """
    rates = Rates()
    views = looks.views
    quality = catalogue.quality[views.item]
    match = np.clip(looks.match - _USUAL_MATCH, -2.0, 2.0)
    liking = np.exp(0.35 * match + 0.25 * quality)
    clicked = _happens(rates.click * liking, rng)
    carted = clicked & _happens(rates.cart * liking, rng)
    wished = clicked & ~carted & _happens(np.full(len(views), rates.wish), rng)
    bought = carted & _happens(rates.purchase * (catalogue.price / prices)[views.item], rng)
    dwelt = clicked & _happens(np.full(len(views), rates.dwell), rng)
    seconds = np.round(rng.lognormal(3.0 + 0.2 * match, 0.8), 1)
    clicks = _between(2, 10, len(views), rng)
    bags = clicks + _between(15, 90, len(views), rng)
    read = (seconds * _SECOND).astype(np.int64)
    purchases = views.derive(bought, PURCHASE, (bags + _between(60, 400, len(views), rng))[bought])
    return joined(
        [
            views,
            views.derive(clicked, CLICK, clicks[clicked]),
            views.derive(dwelt, DWELL, (clicks + read)[dwelt], seconds[dwelt]),
            views.derive(carted, CART, bags[carted]),
            views.derive(wished, WISH, bags[wished]),
            *_afterwards(prices, purchases, (quality + 0.4 * match)[bought], rates, rng),
        ]
    )


def _afterwards(
    prices: Floats, purchases: Journal, content: Floats, rates: Rates, rng: np.random.Generator
) -> list[Journal]:
    """The purchases with what was paid, the returns days later with what was paid back, and the ratings."""
    n = len(purchases)
    paid = prices[purchases.item] * (1 + (rng.random(n) < 0.1)) * (1 - 0.1 * rng.integers(0, 3, n))
    paid = np.maximum(np.round(paid, 2), 0.01)
    back = _happens(rates.returned * np.exp(-0.4 * content), rng)
    rated = _happens(np.full(n, rates.rating), rng)
    points = np.clip(np.round(3.6 + 0.6 * content + rng.normal(0, 0.6, n)), 1, 5)
    everything = np.ones(n, bool)
    return [
        purchases.derive(everything, PURCHASE, np.zeros(n, np.int64), paid),
        _visitless(purchases.derive(back, RETURN, _between(3 * 86_400, 14 * 86_400, n, rng)[back], paid[back])),
        _visitless(purchases.derive(rated, RATING, _between(2 * 86_400, 10 * 86_400, n, rng)[rated], points[rated])),
    ]


def _visitless(events: Journal) -> Journal:
    """Returns and ratings come in without a session."""
    none = np.full(len(events), -1)
    return Journal(**{**vars(events), "session": none, "page": none})


def _happens(chance: Floats, rng: np.random.Generator) -> Bools:
    return rng.random(len(chance)) < chance


def _between(low: int, high: int, size: int, rng: np.random.Generator) -> Ints:
    """Random waits of ``low`` to ``high`` seconds, in microseconds."""
    return rng.integers(low * _SECOND, high * _SECOND, size)
