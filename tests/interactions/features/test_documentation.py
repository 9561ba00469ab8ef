from pathlib import Path

from interactions.features.documentation import features_page
from interactions.features.registry import FEATURES

PAGE = Path(__file__).parents[3] / "docs" / "features.md"


def test_the_page_in_the_docs_is_what_the_registry_says() -> None:
    assert PAGE.read_text() == features_page(), "run: python -m interactions.features.documentation > docs/features.md"


def test_every_feature_has_a_row_with_its_meaning() -> None:
    page = features_page()
    assert all(f"| `{f.name}` | {f.meaning} |" in page for f in FEATURES)
