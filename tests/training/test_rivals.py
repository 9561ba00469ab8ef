from dataclasses import replace
from datetime import timedelta

import pytest

from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, planted_world
from training.rivals import rival_metrics, rivals_told


@pytest.fixture(scope="module")
def spine() -> Spine:
    return Spine.fit(planted_world(users=400), AS_OF - timedelta(days=7), SETTINGS.spine)


def test_the_page_says_who_orders_and_what_the_others_reached(spine: Spine) -> None:
    told = rivals_told(spine)
    assert "The ranker orders." in told
    assert f"{spine.facts['best_single']} alone" in told
    assert f"the tuned blend {spine.facts['rivals']['blend']['all']:.4f}" in told


def test_strangers_with_an_order_of_their_own_are_told(spine: Spine) -> None:
    other = replace(spine, facts=spine.facts | {"strangers": "popularity"})
    assert rivals_told(other).endswith("users without history get `popularity`.")


def test_every_rival_is_a_metric(spine: Spine) -> None:
    assert rival_metrics(spine)["rival.ranker.ndcg@10"] == spine.facts["rivals"]["ranker"]["all"]
    assert len(rival_metrics(spine)) == 2 + len(spine.generators)


def test_a_spine_without_labels_has_a_reason_and_no_metrics() -> None:
    settings = replace(SETTINGS.spine, ranker=replace(SETTINGS.spine.ranker, minimum_users=10**6))
    fitted = Spine.fit(planted_world(users=100), AS_OF, settings)
    assert rival_metrics(fitted) == {}
    assert "the fixed blend orders" in rivals_told(fitted)
