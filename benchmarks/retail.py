"""Online Retail by time: the spine beside its blend, its generators and popularity.

    make bench-retail [DATA=../shared/data]

Windows of 28 days from 2011-08-19, 09-16 and 10-14 for validation, from 2011-11-11 for the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from benchmarks.by_time import (
    ALL_TIME,
    BLEND,
    DECAYED,
    KNOWN,
    OWN_BLEND,
    RANKER,
    SPINE,
    UNKNOWN,
    figures,
    judged,
    periods,
    rows_of,
    with_blend,
    without_one,
)
from benchmarks.reporting import data_folder, finish, show
from recommender.generators.registry import GeneratorSettings
from recommender.settings import RankerSettings, SpineSettings
from warehouse.windows import Window

PROTOCOL = (
    "Online Retail, purchases are positive; time split, windows of 28 days, test from 2011-11-11; relevant: items new "
    "to the user; full ranking, seen items masked; NDCG@10; known: users with an event before the cutoff; the blend's "
    "weights and the best single model are chosen on the three validation windows; intervals: bootstrap over users"
)
_WITHOUT = "tuned blend without last_basket"
SETTINGS = SpineSettings(
    generators=(
        GeneratorSettings("Popularity", "adoptions", {"counted": "adoptions", "half_life_days": 5.0}),
        GeneratorSettings("Popularity", "newcomers", {"counted": "newcomers", "half_life_days": 14.0}),
        GeneratorSettings("EASE", "ease", {"half_life_days": 60.0}),
        GeneratorSettings("ALS", "als", {"half_life_days": 20.0}),
        GeneratorSettings("LastBasket", "last_basket"),
        GeneratorSettings("Content", "content"),
        GeneratorSettings("NearestContent", "nearest_content"),
    ),
    label_days=28,
    label_slices=3,
    candidates=100,
    ranker=RankerSettings(users=6000),
)


@dataclass(frozen=True, eq=False)
class Retail:
    """The shop as it was known at a day: items that were sold before, at their median price until then."""

    log: pd.DataFrame
    titles: pd.DataFrame
    countries: pd.DataFrame

    @classmethod
    def read(cls) -> Retail:
        """From the data folder."""
        folder = data_folder("online-retail", ("events.parquet", "users.parquet", "items.parquet"))
        log = pd.read_parquet(folder / "events.parquet")
        bought = log["event_type"] == "purchase"
        log = log.assign(
            user_id=log["user_id"].astype(str),
            weight=np.where(bought, 1.0, -1.0),
            positive=bought,
            price=log["unit_price"],
            session_id=log["order_id"],
        )
        users = pd.read_parquet(folder / "users.parquet", columns=["user_id", "country"])
        titles = pd.read_parquet(folder / "items.parquet", columns=["item_id", "title"])
        return cls(log, titles, users.assign(user_id=users["user_id"].astype(str)))

    def events(self, window: Window) -> pd.DataFrame:
        """The rows of the window."""
        inside = (self.log["ts"] >= window.start_ts) & (self.log["ts"] < window.end_ts)
        rows: pd.DataFrame = self.log[inside].reset_index(drop=True)
        return rows

    def users(self, as_of: date) -> pd.DataFrame:
        """Everybody's country."""
        return self.countries

    def items(self, as_of: date) -> pd.DataFrame:
        """What was sold before ``as_of``."""
        past = self.log[self.log["ts"] < pd.Timestamp(as_of, tz="UTC")]
        prices = past.groupby("item_id", as_index=False)["price"].median()
        listed: pd.DataFrame = prices.merge(self.titles, on="item_id", how="left")
        return listed

    def span(self) -> Window:
        """The days that hold events."""
        return Window(date(2010, 12, 1), date(2011, 12, 10))


def main() -> None:
    """Judge all windows, print the table and the last line."""
    shop = Retail.read()
    windows, weights = with_blend([judged(shop, period, SETTINGS) for period in periods(date(2011, 8, 19), 28, 4)])
    windows = without_one(windows, _WITHOUT, "last_basket")
    known = rows_of(windows, (SPINE, RANKER, OWN_BLEND, BLEND, _WITHOUT, *SETTINGS.names, DECAYED, ALL_TIME), (KNOWN,))
    unknown = rows_of(windows, (SPINE, RANKER, "adoptions", "newcomers", DECAYED, ALL_TIME), (UNKNOWN,))
    show("Online Retail by time", [*known, *unknown], PROTOCOL)
    finish({"bench": "retail", "protocol": PROTOCOL, **figures(windows, weights)})


if __name__ == "__main__":
    main()
