"""What Evidently is known to do, so that an upgrade that changes it is noticed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest


def _run(reference: pd.DataFrame, current: pd.DataFrame, kind: str, **how: Any) -> Any:
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    definition = DataDefinition(**{f"{kind}_columns": list(reference.columns)})
    sides = [Dataset.from_pandas(side, definition) for side in (current, reference)]
    return Report([ValueDrift(column=column, **how) for column in reference.columns], include_tests=True).run(*sides)


def _value(snapshot: Any) -> float:
    return float(snapshot.dict()["metrics"][0]["value"])


def _method(snapshot: Any) -> str:
    return str(snapshot.dict()["tests"][0]["description"])


def test_an_unnamed_method_changes_with_the_size_of_the_reference() -> None:
    rng = np.random.default_rng(0)
    small, large = (pd.DataFrame({"x": rng.normal(size=n)}) for n in (900, 1100))
    assert "p_value" in _method(_run(small, small, "numerical"))
    assert "distance" in _method(_run(large, large, "numerical")).lower()


def test_jensen_shannon_of_numbers_depends_on_how_many_distinct_ones_there_are() -> None:
    reference = pd.DataFrame({"x": np.arange(20.0).repeat(50)})
    shifted = reference + 0.001
    assert _value(_run(reference, shifted, "numerical", method="jensenshannon")) == pytest.approx(np.sqrt(np.log(2)))
    finer = pd.DataFrame({"x": np.arange(1000.0)})
    assert _value(_run(finer, finer + 0.001, "numerical", method="jensenshannon")) < 0.01


def test_wasserstein_of_a_constant_reference_is_measured_in_thousandths() -> None:
    reference, current = pd.DataFrame({"x": [5.0] * 100}), pd.DataFrame({"x": [5.01] * 100})
    assert _value(_run(reference, current, "numerical", method="wasserstein")) == pytest.approx(10.0)


def test_the_current_window_comes_first() -> None:
    reference, current = pd.DataFrame({"x": np.arange(100.0)}), pd.DataFrame({"x": np.arange(100.0) * 10})
    expected = np.abs(np.arange(100.0) * 9).mean() / np.std(np.arange(100.0))
    assert _value(_run(reference, current, "numerical", method="wasserstein")) == pytest.approx(expected)


def test_the_included_test_fails_where_a_distance_exceeds_its_threshold() -> None:
    reference, current = pd.DataFrame({"x": ["a"] * 90 + ["b"] * 10}), pd.DataFrame({"x": ["a"] * 50 + ["b"] * 50})
    for threshold, status in ((0.1, "FAIL"), (0.9, "SUCCESS")):
        snapshot = _run(reference, current, "categorical", method="jensenshannon", threshold=threshold)
        assert snapshot.dict()["tests"][0]["status"].value == status
