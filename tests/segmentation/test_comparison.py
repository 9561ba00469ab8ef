from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from segmentation import Band, SegmentationSettings, fit_segmentation
from segmentation.comparison import candidates, information, level_rules, stability

USERS, ITEMS = 600, 40


def _frame() -> pd.DataFrame:
    numbers = np.arange(USERS)
    return pd.DataFrame(
        {
            "user_id": [f"u{n:04d}" for n in numbers],
            "events_total": np.where(numbers % 3 == 0, 1.0, 50.0),
            "gender": np.where(numbers % 2 == 0, "f", "m"),
            "country": "DE",
        }
    )


def _events(lean: float, seed: int) -> pd.DataFrame:
    """Women take items of the first half ``lean`` times as often as men do."""
    random = np.random.default_rng(seed)
    users = random.integers(0, USERS, 6_000)
    first = random.random(6_000) < np.where(users % 2 == 0, lean / (1 + lean), 1 / (1 + lean))
    items = random.integers(0, ITEMS // 2, 6_000) + np.where(first, 0, ITEMS // 2)
    return pd.DataFrame({"user_id": [f"u{n:04d}" for n in users], "item_id": [f"i{n}" for n in items]})


def test_a_segment_of_another_taste_tells_more_than_the_history_band() -> None:
    frame = _frame()
    found = information(frame, frame["gender"], SegmentationSettings(), _events(3.0, 1), _events(3.0, 2))
    assert found.beyond_history > 10 * found.error
    assert found.placebo < 2 * found.placebo_error
    assert found.events == 6_000


def test_a_segment_without_a_taste_of_its_own_tells_nothing() -> None:
    frame = _frame()
    found = information(frame, frame["gender"], SegmentationSettings(), _events(1.0, 1), _events(1.0, 2))
    assert found.beyond_history < 2 * found.error
    assert found.over_everybody < 0.05


def test_events_of_strangers_and_of_unknown_items_are_left_out() -> None:
    frame, after = _frame(), _events(1.0, 2)
    after.loc[:9, "user_id"], after.loc[10:14, "item_id"] = "stranger", "unheard-of"
    found = information(frame, frame["gender"], SegmentationSettings(), _events(1.0, 1), after)
    assert found.events == 6_000 - 15


def test_no_event_at_all_gives_no_number() -> None:
    frame, none = _frame(), _events(1.0, 2).iloc[:0]
    assert np.isnan(information(frame, frame["gender"], SegmentationSettings(), none, none).beyond_history)


def test_rules_are_found_again_on_every_bootstrap(as_of) -> None:
    rules = level_rules(_frame(), "gender")
    assert [rule.rule for rule in rules] == ["gender == 'f'", "gender == 'm'"]
    settings = SegmentationSettings(rules=rules, k_range=(1, 1), minimum_size=50)
    assert stability(_frame(), settings, as_of) == pytest.approx(1.0)


def test_bands_clusters_and_known_demographics_are_compared() -> None:
    found = candidates(_frame(), SegmentationSettings())
    assert list(found) == ["history bands", "bands x K-Means", "bands x Ward", "gender"]
    assert found["gender"].bands[-1].name == "other"


def test_small_rules_join_the_others(as_of) -> None:
    few = Band("rich", "Rich", "events_total >= 1000")
    women = Band("women", "Women", "gender == 'f'")
    settings = SegmentationSettings(rules=(few, women), k_range=(1, 1), minimum_size=50)
    fitted = fit_segmentation(_frame(), settings, as_of)
    assert fitted.routes == {"rich": "other", "women": "women", "other": "other"}
    assert fitted.default_segment() == fitted.assign_one({}) == fitted.default_segment("other")


def test_rules_and_extra_bands_do_not_mix() -> None:
    rule = Band("women", "Women", "gender == 'f'")
    with pytest.raises(ValueError, match="rules"):
        SegmentationSettings(rules=(rule,), extra_bands=(replace(rule, name="more"),))
    with pytest.raises(ValueError, match="method"):
        SegmentationSettings(method="dbscan")  # type: ignore[arg-type]
