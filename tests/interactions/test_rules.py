from __future__ import annotations

from typing import Any

import pytest

from interactions.rules import IngestRules


@pytest.mark.parametrize(
    "wrong", [{"max_reject_share": 1.5}, {"max_reject_share": -0.1}, {"max_key_chars": 0}, {"event_types": ()}]
)
def test_f33_a_limit_that_makes_no_sense_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        IngestRules(**wrong)
