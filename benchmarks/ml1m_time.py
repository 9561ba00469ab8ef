"""MovieLens-1M by time: the same spine, rivals and protocol as on Online Retail, where films do not go out of fashion.

make bench-ml1m-time [DATA=../shared/data]
"""

from __future__ import annotations

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
)
from benchmarks.reporting import data_folder, finish, show
from recommender.generators.registry import GeneratorSettings
from recommender.settings import RankerSettings, SpineSettings
from recommender.source import FrameSource
from warehouse.windows import Window

PROTOCOL = (
    "MovieLens-1M, ratings >= 4 alone (their times are exact) are likes; time split, windows of 28 days from "
    "2000-09-10, 10-08 and 11-05 for validation, from 2000-12-03 for the test; full ranking, seen items masked; "
    "NDCG@10; known: users with a like before the cutoff; the blend's weights and the best single model are chosen "
    "on the validation windows; intervals: bootstrap over users"
)
SETTINGS = SpineSettings(
    generators=(
        GeneratorSettings("Popularity", "adoptions", {"counted": "adoptions", "half_life_days": 14.0}),
        GeneratorSettings("Popularity", "newcomers", {"counted": "newcomers", "half_life_days": 14.0}),
        GeneratorSettings("EASE", "ease", {"half_life_days": 60.0}),
        GeneratorSettings("ALS", "als", {"half_life_days": 60.0}),
        GeneratorSettings("LastBasket", "last_basket"),
        GeneratorSettings("Content", "content"),
    ),
    label_days=28,
    label_slices=3,
    candidates=100,
    ranker=RankerSettings(users=3000),
)


def films() -> FrameSource:
    """The likes, the films with their genres, and what people said of themselves."""
    folder = data_folder("ml-1m", ("events.parquet", "users.parquet", "items.parquet"))
    log = pd.read_parquet(folder / "events.parquet").astype({"user_id": str, "item_id": str})
    log = log[log["value"] >= 4].sort_values(["ts", "user_id", "item_id"], ignore_index=True)
    log = log.assign(weight=1.0, positive=True, session_id=None, price=np.nan)
    items = pd.read_parquet(folder / "items.parquet").astype({"item_id": str})
    items = items.assign(category=items["genres"].map("|".join))[["item_id", "title", "year", "category"]]
    users = pd.read_parquet(folder / "users.parquet").astype({"user_id": str})
    people = users[["user_id", "gender", "age_band", "occupation_name"]]
    return FrameSource(log, items, people, Window(date(2000, 4, 25), date(2003, 3, 1)))


def main() -> None:
    """Judge all windows, print the table and the last line."""
    source = films()
    windows, weights = with_blend([judged(source, period, SETTINGS) for period in periods(date(2000, 9, 10), 28, 4)])
    known = rows_of(windows, (SPINE, RANKER, OWN_BLEND, BLEND, *SETTINGS.names, DECAYED, ALL_TIME), (KNOWN,))
    unknown = rows_of(windows, (SPINE, RANKER, "adoptions", "newcomers", DECAYED, ALL_TIME), (UNKNOWN,))
    show("MovieLens-1M by time", [*known, *unknown], PROTOCOL)
    finish({"bench": "ml1m-time", "protocol": PROTOCOL, **figures(windows, weights)})


if __name__ == "__main__":
    main()
