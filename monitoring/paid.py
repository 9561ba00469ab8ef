"""What purchases cost against the catalogue: how a change of prices shows, whatever people buy."""

from __future__ import annotations

import pandas as pd

from warehouse import columns as c

PAID = "paid"


def with_paid(events: pd.DataFrame) -> pd.DataFrame:
    """The events with ``paid``: of a purchase, what a piece cost over the catalogue's price; missing for all others.

    The price of what people look at moves with their taste. This ratio does not: it rises for everybody when the shop
    becomes dearer. How many pieces were bought is not delivered: it is taken to be the ratio's nearest whole number,
    or one, so that a change by more than a half is seen, but not how large it was. ``events`` need ``event_type
    value price``.
    """
    ratio = events[c.VALUE] / events[c.PRICE].where(events[c.PRICE] > 0)
    piece = ratio / ratio.round().clip(lower=1)
    return events.assign(**{PAID: piece.where(events[c.TYPE] == "purchase").astype("float64")})
