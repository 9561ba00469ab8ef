"""The bench of generators knows every kind and says what a user without history gets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.generators import PARAMETERS, SPLITS, Split, lists, measure, split
from recommender.generators import Popularity
from recommender.generators.registry import GeneratorSettings, build

CUTOFF = date(2026, 3, 1)


@pytest.fixture(scope="module")
def shop() -> Split:
    """Twelve items liked by falling numbers of users; after the cut u0 likes an unknown item, a newcomer the first."""
    end = datetime(2026, 3, 1, tzinfo=UTC)
    past = [(f"u{n}", f"i{item:02d}", end - timedelta(days=9)) for item in range(12) for n in range(item, 12)]
    later = [("u0", "i12", end + timedelta(days=2)), ("newcomer", "i00", end + timedelta(days=2))]
    events = pd.DataFrame(past + later, columns=["user_id", "item_id", "ts"]).assign(weight=1.0, positive=True)
    events["ts"] = pd.to_datetime(events["ts"], utc=True)
    return split("shop", events, pd.DataFrame({"item_id": [f"i{n:02d}" for n in range(13)]}), CUTOFF, 28)


def test_parameters_fit_their_kinds() -> None:
    assert set(PARAMETERS) == set(SPLITS)
    for plan in PARAMETERS.values():
        built = [build(GeneratorSettings(kind, kind, values)) for kind, values in plan.items()]
        assert [type(generator).__name__ for generator in built] == list(plan)


def test_lists_leave_out_what_the_user_has_seen(shop: Split) -> None:
    found = lists(Popularity().fit(shop.training), shop)
    newcomer, u0 = found
    assert newcomer.tolist() == list(range(10))
    assert set(u0.tolist()) <= {-1, *range(12)} - set(shop.asked.weights[1].indices.tolist())


def test_a_newcomer_gets_popular_items_and_counts_in_all_only(shop: Split) -> None:
    popular = np.tile(np.arange(10), (2, 1))
    row = measure(Popularity(), shop, popular)
    assert row["ndcg_known"] == 0, "the item of u0 was not in the catalogue at the cut"
    assert row["ndcg_all"] == 0.5
