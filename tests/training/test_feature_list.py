from __future__ import annotations

import pandas as pd
import pytest

from recommender.spine import Spine
from tests.training.planted import AS_OF, SETTINGS, PlantedWorld, planted_world
from training.feature_list import ListedFeatures


@pytest.fixture(scope="module")
def world() -> PlantedWorld:
    plain = planted_world(users=200)
    people = plain.people.assign(age=30.0, spend_30d=1.0, device="mobile")
    catalogue = plain.catalogue.assign(clicks_7d=1.0, age=2.0)
    return PlantedWorld(plain.log, people, catalogue, plain.micros)


def test_only_listed_columns_are_shown_and_ids_and_texts_always(world: PlantedWorld) -> None:
    listed = ListedFeatures(world, ("spend_*", "clicks_7d", "als"))
    assert list(listed.users(AS_OF)) == ["user_id", "spend_30d"]
    assert set(listed.items(AS_OF)) == {"item_id", "price", "title", "category", "brand", "text", "clicks_7d"}
    pd.testing.assert_frame_equal(listed.events(listed.span()), world.events(world.span()))


def test_everything_is_shown_to_a_list_of_any(world: PlantedWorld) -> None:
    listed = ListedFeatures(world, ("*",))
    pd.testing.assert_frame_equal(listed.users(AS_OF), world.users(AS_OF))
    pd.testing.assert_frame_equal(listed.items(AS_OF), world.items(AS_OF))


def test_a_ranker_never_sees_what_is_not_listed(world: PlantedWorld) -> None:
    names = Spine.fit(ListedFeatures(world, ("spend_30d",)), AS_OF, SETTINGS.spine).schema.names
    assert "user_spend_30d" in names
    assert {"user_age", "user_device", "item_age", "item_clicks_7d"}.isdisjoint(names)
