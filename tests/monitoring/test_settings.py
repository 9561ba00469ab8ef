from __future__ import annotations

import pytest

from monitoring.settings import ColumnRule, DriftSettings


def test_every_column_names_its_method_so_that_evidently_never_chooses_by_size() -> None:
    assert {rule.method for rule in DriftSettings().columns} == {"jensenshannon", "wasserstein"}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"columns": ()}, "columns"),
        ({"columns": (ColumnRule("a", "categorical", 0.1),) * 2}, "columns"),
        ({"reference_days": 0}, "reference_days"),
        ({"sample_rows": 1}, "sample_rows"),
        ({"alpha": 0.0}, "alpha"),
        ({"k_of_n": (3, 2)}, "k_of_n"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(change: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        DriftSettings(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "threshold", "scale"), [("text", 0.1, "plain"), ("numerical", 0.0, "plain")])
def test_a_wrong_rule_is_refused_with_the_columns_name(kind: str, threshold: float, scale: str) -> None:
    with pytest.raises(ValueError, match="'price'"):
        ColumnRule("price", kind, threshold, scale)  # type: ignore[arg-type]


def test_a_logarithm_of_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="numerical"):
        ColumnRule("category", "categorical", 0.1, "log")
